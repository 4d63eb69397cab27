/** What the gateway finds when it looks around: for `tollkeeper doctor`. */
import { Type } from 'typebox';
import { nullable, strict } from '../fields.ts';
import type { Operation } from '../operation.ts';

/** How a check came out. */
export const CHECK_STATUSES = ['ok', 'warn', 'fail'] as const;

export const Check = strict(
  {
    check: Type.String({ description: 'What was looked at, such as `store`.' }),
    status: Type.Enum([...CHECK_STATUSES]),
    detail: Type.String({ description: 'What was found. Never a secret.' }),
    advice: nullable(Type.String({ description: 'What to do about it; null when nothing.' })),
  },
  'Check',
);

export const diagnosis = {
  diagnose: {
    method: 'GET',
    path: '/api/v1/diagnosis',
    summary:
      'Look around from where the gateway stands: store, credentials, upstream, rights, disk',
    access: 'provisioning',
    params: null,
    query: null,
    body: null,
    result: strict({ checks: Type.Array(Check) }, 'Diagnosis'),
    success: [200],
    errors: ['UNAUTHORIZED', 'FORBIDDEN'],
    // `tollkeeper doctor` adds what it sees from its side; it is written by hand.
    command: null,
  },
} as const satisfies Record<string, Operation>;
