/**
 * What each tenant used of each model, day by day, under the paths, with the words and with the
 * header of the profiling system whose users call them. Bodies are not read: they may be empty.
 */
import { Type } from 'typebox';
import { strict } from '../fields.ts';
import type { Operation } from '../operation.ts';
import { Day } from './price-fields.ts';

/** What whoever had days summed up is told. */
export const CALCULATION_FINISHED = 'Calculation Finished!';

const Count = Type.String({
  pattern: '^-?[0-9]+\\.0$',
  description: 'A whole number, as text that ends in ".0".',
});
const Cost = Type.String({ description: 'Exact decimal USD.' });

const DailyCost = strict(
  {
    date: Day,
    input_tokens: Count,
    output_tokens: Count,
    input_cost: Cost,
    output_cost: Cost,
    pk: Type.String({ description: 'Tenant and model, with a dash between.' }),
    model_id: Type.String(),
    invocations: Count,
    name: Type.String({ description: 'The tenant.' }),
  },
  'DailyCost',
);

export const dailyCosts = {
  trackCosts: {
    method: 'POST',
    path: '/cost_track_manual',
    summary: 'Sum up today, yesterday and all days that lack entries; administrators alone',
    access: 'provisioning',
    credentialHeader: 'auth',
    anyBody: true,
    params: null,
    query: null,
    body: null,
    result: Type.Literal(CALCULATION_FINISHED),
    success: [200],
    errors: ['UNAUTHORIZED', 'FORBIDDEN'],
    command: null,
  },
  retrieveCosts: {
    method: 'POST',
    path: '/ddb_cost_retrieval',
    summary: 'Days as they were summed up last: all tenants to administrators, its own to a tenant',
    access: 'usage',
    credentialHeader: 'auth',
    anyBody: true,
    params: null,
    query: strict({ from: Type.Optional(Day), to: Type.Optional(Day) }),
    body: null,
    result: strict({ body: Type.Array(DailyCost) }, 'DailyCosts'),
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'],
    command: null,
  },
} as const satisfies Record<string, Operation>;
