/** Settings of how many requests to the API a credential may send. */
import { choice, whole } from './setting-kinds.ts';
import type { WholeSetting } from './setting.ts';

/** A limit that stands in place of the preset's. */
function override(what: string, window: 'minute' | 'hour'): WholeSetting {
  return whole<number | null>({
    default: null,
    min: 1,
    max: 1_000_000_000,
    description: `${what} of one credential a ${window}. Unset: as the preset has it.`,
  });
}

const rateLimitPreset = choice({
  default: 'default',
  values: ['default', 's3', 'off'],
  description:
    'How many requests to the API a credential may send: `default`; `s3`, the original table of ' +
    'the cost-keeper API, in which an operator sets up ten things an hour; or `off`.',
});

export const rateLimits = {
  rateLimitPreset,
  rateLimitTokenPerMinute: override('Requests for a token, by client and address,', 'minute'),
  rateLimitRefreshPerMinute: override('Refreshes of a token, by client and address,', 'minute'),
  rateLimitRevokePerMinute: override('Revocations of a token', 'minute'),
  rateLimitProvisioningPerHour: override('Changes of organizations and applications', 'hour'),
  rateLimitRotatePerHour: override('Rotations of a client secret', 'hour'),
  rateLimitAggregatesPerMinute: override('Requests for aggregates', 'minute'),
  rateLimitModelSelectionPerMinute: override('Model selections', 'minute'),
  rateLimitUsagePerMinute: override('Submissions of usage', 'minute'),
  rateLimitUsageBatchPerMinute: override('Batches of usage', 'minute'),
  rateLimitManagementPerMinute: override('All other requests', 'minute'),
} as const;
