/** Usage as it happens: entries as they are settled, and refusals as they are given. */
import { Type } from 'typebox';
import { AppId, Count, KeyId, ModelId, nullable, OrgId, strict, Time, UserId } from '../fields.ts';
import type { Operation } from '../operation.ts';
import { Entry } from './usage.ts';

/** What can be listened to. */
export const TAIL_KINDS = ['entry', 'refusal'] as const;

/** A settled entry; its number in the ledger is not told here. */
const TailEntry = Type.Omit(Entry, ['writer_id', 'sequence'], {
  additionalProperties: false,
  title: 'TailEntry',
});

/** A call that was refused before anything was sent. It is no entry. */
export const Refusal = strict(
  {
    at: Time,
    request_id: Type.String(),
    org_id: nullable(Type.String()),
    app_id: nullable(Type.String()),
    user_id: nullable(Type.String()),
    key_id: nullable(Type.String()),
    model_id: nullable(Type.String()),
    error: Type.String({ description: 'Name of the error that the caller saw.' }),
    reason: Type.String({ description: 'Stable word for the cause, such as `budget_spent`.' }),
  },
  'Refusal',
);

const TailEvent = Type.Union([
  strict({ type: Type.Literal('entry'), entry: TailEntry }),
  strict({ type: Type.Literal('refusal'), refusal: Refusal }),
  strict({
    type: Type.Literal('missed', {
      description: 'The listener was too slow: so many events were left out at this place.',
    }),
    missed: Count,
  }),
]);

export const usageTail = {
  tailUsage: {
    method: 'GET',
    path: '/api/v1/usage/tail',
    summary: 'Listen to entries as they are settled and to refusals, as server-sent events',
    access: 'usage',
    params: null,
    query: strict({
      org_id: Type.Optional(OrgId),
      app_id: Type.Optional(AppId),
      user_id: Type.Optional(UserId),
      key_id: Type.Optional(KeyId),
      model_id: Type.Optional(ModelId),
      kind: Type.Optional(
        Type.Enum([...TAIL_KINDS], { description: 'Only these; both when left out.' }),
      ),
    }),
    body: null,
    result: TailEvent,
    streams: true,
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    // `tollkeeper tail` prints lines; it is written by hand.
    command: null,
  },
} as const satisfies Record<string, Operation>;
