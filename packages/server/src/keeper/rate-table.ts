/** How many requests each class of operations allows a credential, by preset and override. */
import type { RateClass } from '@tollkeeper/contract';
import type { WindowRule } from '@tollkeeper/core';

/** Names of the tables that an operator may choose. */
export const RATE_PRESETS = ['default', 's3', 'off'] as const;

export type RatePreset = (typeof RATE_PRESETS)[number];

/** What each class allows; null: everything. */
export type RateTable = Readonly<Record<RateClass, WindowRule | null>>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long the window of each class is. */
const LENGTHS_MS: Readonly<Record<RateClass, number>> = {
  token: MINUTE_MS,
  refresh: MINUTE_MS,
  revoke: MINUTE_MS,
  provisioning: HOUR_MS,
  rotate: HOUR_MS,
  aggregates: MINUTE_MS,
  model_selection: MINUTE_MS,
  usage: MINUTE_MS,
  usage_batch: MINUTE_MS,
  management: MINUTE_MS,
};

/** The original table of the cost-keeper API; `management` are the operations that it lacks. */
const ORIGINAL: Readonly<Record<RateClass, number>> = {
  token: 10,
  refresh: 30,
  revoke: 10,
  provisioning: 10,
  rotate: 5,
  aggregates: 60,
  model_selection: 120,
  usage: 1_000,
  usage_batch: 100,
  management: 6_000,
};

/** As the original, but with room for operators, who set up more than ten things an hour. */
const PRESETS: Readonly<Record<RatePreset, Readonly<Record<RateClass, number>> | null>> = {
  default: { ...ORIGINAL, provisioning: 600, rotate: 100 },
  s3: ORIGINAL,
  off: null,
};

/** The limits of a preset, where no override states another. Overrides count in every preset. */
export function rateTable(
  preset: RatePreset,
  overrides: Readonly<Partial<Record<RateClass, number | null>>> = {},
): RateTable {
  const numbers = PRESETS[preset];
  const ruleOf = (rateClass: RateClass): WindowRule | null => {
    const limit = overrides[rateClass] ?? numbers?.[rateClass];
    return limit === undefined ? null : { limit, length_ms: LENGTHS_MS[rateClass] };
  };
  return {
    token: ruleOf('token'),
    refresh: ruleOf('refresh'),
    revoke: ruleOf('revoke'),
    provisioning: ruleOf('provisioning'),
    rotate: ruleOf('rotate'),
    aggregates: ruleOf('aggregates'),
    model_selection: ruleOf('model_selection'),
    usage: ruleOf('usage'),
    usage_batch: ruleOf('usage_batch'),
    management: ruleOf('management'),
  };
}
