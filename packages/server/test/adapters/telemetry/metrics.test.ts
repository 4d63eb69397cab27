/** What a scrape says after calls of a known shape. */
import { expect, test } from 'vitest';
import { NO_USAGE, type EntryDraft } from '@tollkeeper/core';
import { entry, unknownUsage } from '@tollkeeper/testkit/conformance/fixtures';
import { openMetrics } from '../../../src/adapters/telemetry/metrics.ts';

const IDLE = {
  settlementsPending: 0,
  callsRunning: 0,
  callsDraining: 0,
  admissionWaiting: 0,
  bufferedBytes: 0,
  refusalsWaiting: 0,
  refusalsNotKept: 0,
};

/** The value of the one series of a metric whose labels hold all that are asked for. */
async function valueOf(
  metrics: ReturnType<typeof openMetrics>,
  name: string,
  labels: Record<string, string> = {},
): Promise<number | undefined> {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const line = (await metrics.text())
    .split('\n')
    .find((each) => new RegExp(`^${name}[ {]`).test(each) && wanted.every((w) => each.includes(w)));
  return line === undefined ? undefined : Number(line.split(' ')[1]);
}

const draft = (usd: bigint, changes: Partial<EntryDraft> = {}): EntryDraft =>
  entry('a', usd, changes);

test('calls are counted by model, operation and outcome, their tokens by class', async () => {
  const metrics = openMetrics(() => IDLE);
  const usage = {
    ...NO_USAGE,
    input_tokens: 10,
    output_tokens: 5,
    cache_read_input_tokens: 3,
    cache_write_5m_input_tokens: 1,
    cache_write_1h_input_tokens: 1,
  };
  metrics.settled(draft(7n, { usage }));
  metrics.settled(draft(7n, { usage }));
  const labels = { model: 'model', operation: 'Converse', outcome: 'ok' };
  expect(await valueOf(metrics, 'tollkeeper_requests_total', labels)).toBe(2);
  const tokens = (type: string) => valueOf(metrics, 'tollkeeper_tokens_total', { type });
  expect(await Promise.all(['input', 'output', 'cache_read', 'cache_write'].map(tokens))).toEqual([
    20, 10, 6, 4,
  ]);
});

test('known charges are shown in dollars, and durations in seconds', async () => {
  const metrics = openMetrics(() => IDLE);
  metrics.settled(draft(1_500_000_000_000n, { latency_ms: 2_500 }));
  expect(await valueOf(metrics, 'tollkeeper_cost_usd_total')).toBe(1.5);
  expect(await valueOf(metrics, 'tollkeeper_request_duration_seconds_sum')).toBe(2.5);
});

test('a call of unknown usage is one, and adds neither tokens nor cost', async () => {
  const metrics = openMetrics(() => IDLE);
  metrics.settled(draft(0n, unknownUsage(9n)));
  expect(await valueOf(metrics, 'tollkeeper_unknown_entries_total')).toBe(1);
  expect(await valueOf(metrics, 'tollkeeper_tokens_total')).toBeUndefined();
  expect(await valueOf(metrics, 'tollkeeper_cost_usd_total')).toBeUndefined();
});

test('refusals are counted by error and reason, never by who was refused', async () => {
  const metrics = openMetrics(() => IDLE);
  const refusal = { error: 'ThrottlingException', reason: 'rate_limit', org_id: 'secret-org' };
  const who = { at: 0, request_id: 'r', app_id: null, user_id: null, key_id: null, model_id: null };
  metrics.refused({ ...refusal, ...who });
  const labels = { error: 'ThrottlingException', reason: 'rate_limit' };
  expect(await valueOf(metrics, 'tollkeeper_refusals_total', labels)).toBe(1);
  expect(await metrics.text()).not.toContain('secret-org');
});

test('gauges show the figures of the moment of the scrape', async () => {
  let running = 3;
  const metrics = openMetrics(() => ({ ...IDLE, callsRunning: running }));
  expect(await valueOf(metrics, 'tollkeeper_calls_running')).toBe(3);
  running = 1;
  expect(await valueOf(metrics, 'tollkeeper_calls_running')).toBe(1);
});

test('usage above the bound has a counter of its own', async () => {
  const metrics = openMetrics(() => IDLE);
  metrics.excess();
  expect(await valueOf(metrics, 'tollkeeper_over_bound_total')).toBe(1);
});

const FIGURES = {
  model: 'model',
  principal: 'User::Jane',
  inputTokens: 10,
  outputTokens: 282,
  inputCost: 30_000_000n,
  outputCost: 4_230_000_000n,
};

test('the four figures of a principal are counted by model and principal', async () => {
  const metrics = openMetrics(() => IDLE);
  metrics.apportioned(FIGURES);
  metrics.apportioned(FIGURES);
  const value = (figure: string) =>
    valueOf(metrics, `tollkeeper_principal_${figure}_total`, {
      model: 'model',
      principal: 'User::Jane',
    });
  expect(await value('input_tokens')).toBe(20);
  expect(await value('output_tokens')).toBe(564);
  expect(await value('input_cost_usd')).toBeCloseTo(0.00006, 12);
  expect(await value('output_cost_usd')).toBeCloseTo(0.00846, 12);
});

test('more principals than there is room for are counted together', async () => {
  const metrics = openMetrics(() => IDLE);
  for (let at = 0; at < 3_000; at += 1) {
    metrics.apportioned({ ...FIGURES, principal: `User::${at}` });
  }
  const lines = (await metrics.text())
    .split('\n')
    .filter((line) => line.startsWith('tollkeeper_principal_input_tokens_total'));
  expect(lines).toHaveLength(1_001);
  const sum = lines.reduce((total, line) => total + Number(/ ([\d.]+)( \d+)?$/.exec(line)?.[1]), 0);
  expect(sum).toBe(30_000);
});
