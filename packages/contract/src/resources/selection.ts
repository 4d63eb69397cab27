/** Model selection: which label an application should use now, by what is left of its quotas. */
import { Type } from 'typebox';
import { AppId, ModelId, nullable, OrgId, strict, Time } from '../fields.ts';
import type { Operation } from '../operation.ts';

const Micros = (description: string) => Type.Integer({ description: `Micro-USD. ${description}` });
const Pct = Type.Number({ description: 'Two decimal places, rounded down.' });

const quota = {
  spend_usd_micros: Micros('What counts on the quota today.'),
  quota_usd_micros: Micros('A day.'),
  quota_pct: Pct,
};

const LabelStatus = strict(
  {
    ...quota,
    status: Type.Enum(['NORMAL', 'TIGHT', 'EXCEEDED'], {
      description: '`TIGHT` from the threshold on, `EXCEEDED` at the whole quota.',
    }),
  },
  'LabelStatus',
);

const price = (of: string) =>
  nullable(
    Type.Integer({
      description: `Micro-USD for a million ${of} tokens; null when nothing tells it.`,
    }),
  );

const ModelSelection = strict(
  {
    org_id: OrgId,
    app_id: AppId,
    recommended_model: strict({
      label: Type.String(),
      bedrock_model_id: ModelId,
      reason: Type.String({
        description:
          '`NORMAL`; `QUOTA_EXCEEDED_<LABEL>` when that label was just found spent; ' +
          '`STICKY_FALLBACK` while an earlier move holds.',
      }),
      description: Type.String(),
    }),
    quota_status: strict({
      scope: Type.Enum(['ORG', 'APP']),
      mode: Type.Enum(['NORMAL', 'TIGHT']),
      current_model: Type.String({ description: 'The label that the three figures are of.' }),
      ...quota,
      sticky_fallback_active: Type.Boolean(),
      exhausts_at: nullable({
        ...Time,
        description:
          'When the quota of `current_model` will be spent at the rate of the last hour; null ' +
          'when it will not be today. Mode and status do not depend on it.',
      }),
      models_status: Type.Record(Type.String(), LabelStatus, { description: 'By label.' }),
    }),
    pricing: strict({
      input_price_usd_micros_per_1m: price('input'),
      output_price_usd_micros_per_1m: price('output'),
      version: Type.String({ description: 'Of the price book.' }),
      source: Type.Enum(['PRICING_API', 'CONFIG_FALLBACK', 'CACHED']),
    }),
    client_guidance: strict({
      check_frequency: Type.String({
        description:
          '`PERIODIC_300S` or, in mode TIGHT, `PERIODIC_60S`, with the configured times.',
      }),
      cache_duration_secs: Type.Integer(),
      explanation: Type.String(),
    }),
    checked_at: Time,
    org_day: Type.String({ description: "The organization's local day, `YYYYMMDD`." }),
    org_local_time: Type.String({ description: 'RFC 3339 with the offset of its time zone.' }),
  },
  'ModelSelection',
);

export const selection = {
  selectModel: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/model-selection',
    summary: 'Which model an application should use now; 429 when every quota is spent',
    access: 'client',
    scope: 'read:model-selection',
    rate: 'model_selection',
    params: strict({ org_id: OrgId, app_id: AppId }),
    query: strict({
      force_check: Type.Optional(
        Type.Boolean({
          description: 'Taken for compatibility: every answer is worked out as it is asked for.',
        }),
      ),
    }),
    body: null,
    result: ModelSelection,
    success: [200],
    errors: [
      'INVALID_REQUEST',
      'INVALID_CONFIG',
      'UNAUTHORIZED',
      'FORBIDDEN',
      'NOT_FOUND',
      'QUOTA_EXCEEDED',
      'RATE_LIMIT_EXCEEDED',
    ],
    command: null,
  },
} as const satisfies Record<string, Operation>;
