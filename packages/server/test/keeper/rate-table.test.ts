/**
 * The limits of the cost-keeper API as its clients know them, written down by hand, against the
 * contract and the presets.
 */
import { OPERATION_NAMES, operation, RATE_CLASSES } from '@tollkeeper/contract';
import { describe, expect, test } from 'vitest';
import { rateTable, type RateTable } from '../../src/keeper/rate-table.ts';

const APP = '/api/v1/orgs/{org_id}/apps/{app_id}';
const ORG = '/api/v1/orgs/{org_id}';

/** Method, path, requests, window in seconds, and what the default preset has if it differs. */
const TABLE: readonly (readonly [string, string, number | null, number, number?])[] = [
  ['GET', '/', null, 0],
  ['GET', '/health', null, 0],
  ['POST', '/auth/token', 10, 60],
  ['POST', '/auth/refresh', 30, 60],
  ['POST', '/auth/revoke', 10, 60],
  ['PUT', ORG, 10, 3_600, 600],
  ['PUT', APP, 10, 3_600, 600],
  ['POST', `${ORG}/credentials/rotate`, 5, 3_600, 100],
  ['POST', `${APP}/credentials/rotate`, 5, 3_600, 100],
  ['GET', `${ORG}/aggregates/today`, 60, 60],
  ['GET', `${ORG}/aggregates/{date}`, 60, 60],
  ['GET', `${APP}/aggregates/today`, 60, 60],
  ['GET', `${APP}/aggregates/{date}`, 60, 60],
  ['GET', `${APP}/model-selection`, 120, 60],
  ['POST', `${APP}/usage`, 1_000, 60],
  ['POST', `${APP}/usage/batch`, 100, 60],
];

/** `null`: no limit. Undefined: there is no such operation. */
function ruleOf(table: RateTable, method: string, path: string) {
  const name = OPERATION_NAMES.find(
    (each) => operation(each).method === method && operation(each).path === path,
  );
  if (name === undefined) return undefined;
  const { rate } = operation(name);
  return rate === null ? null : table[rate ?? 'management'];
}

describe.for(TABLE)('%s %s', ([method, path, limit, seconds, byDefault]) => {
  const rule = (requests: number | null) =>
    requests === null ? null : { limit: requests, length_ms: seconds * 1_000 };

  test('has the original limit under the preset s3', () => {
    expect(ruleOf(rateTable('s3'), method, path)).toEqual(rule(limit));
  });

  test('has that of the default preset', () => {
    expect(ruleOf(rateTable('default'), method, path)).toEqual(rule(byDefault ?? limit));
  });

  test('has none when limits are off', () => {
    expect(ruleOf(rateTable('off'), method, path)).toBeNull();
  });
});

test('an override counts in every preset, for its class alone', () => {
  for (const preset of ['default', 's3', 'off'] as const) {
    const before = rateTable(preset);
    const table = rateTable(preset, { rotate: 7, usage: null });
    expect(table).toEqual({ ...before, rotate: { limit: 7, length_ms: 3_600_000 } });
  }
});

test('what the original lacks has room for a script, but not for every script at once', () => {
  for (const preset of ['default', 's3'] as const) {
    expect(rateTable(preset).management).toEqual({ limit: 6_000, length_ms: 60_000 });
  }
});

test('every class of operations is in the table', () => {
  expect(Object.keys(rateTable('default')).sort()).toEqual([...RATE_CLASSES].sort());
});
