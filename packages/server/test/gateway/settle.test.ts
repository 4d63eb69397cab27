/** What an ended attempt is priced by. */
import { readFileSync } from 'node:fs';
import { catalogueFrom, usageOf } from '@tollkeeper/core';
import { expect, test } from 'vitest';
import type { Attempt } from '../../src/gateway/attempt.ts';
import type { Conclusion } from '../../src/gateway/conclude.ts';
import { settlementOf } from '../../src/gateway/settle.ts';

const ROUTER = 'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/any';
const data = (name: string): unknown =>
  JSON.parse(
    readFileSync(new URL(`../../../core/data/${name}`, import.meta.url), 'utf8'),
  ) as unknown;
const { book } = catalogueFrom(data('prices.json'), data('models.json'));

function priced(invokedModelId: string) {
  const attempt = {
    attemptId: 'a',
    model: { model_id: ROUTER },
    scope: 'in_region',
    tier: 'standard',
    book,
    amounts: { usd: 0n, tokens: 10_000n, requests: 1n },
    intent: { region: 'us-east-1', at: Date.UTC(2026, 6, 1), subject: {}, tags: {} },
    call: { startedAt: 0 },
  } as unknown as Attempt;
  const conclusion = {
    outcome: 'ok',
    usage: { source: 'reported', usage: usageOf({ input_tokens: 1_000_000 }) },
    ceiling: 'charge',
    servedTier: null,
    invokedModelId,
    upstreamRequestId: null,
  } satisfies Conclusion;
  const parts = { instanceId: 'i' };
  const ending = { endedAt: 0, latencyMs: 0, timeToFirstTokenMs: null };
  return settlementOf(parts, attempt, conclusion, ending).entry;
}

// Claude 3 Haiku in us-east-1: 0.25 USD for a million input tokens.
test.each([
  'anthropic.claude-3-haiku-20240307-v1:0',
  'us.anthropic.claude-3-haiku-20240307-v1:0',
  'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0',
  'arn:aws:bedrock:us-east-1:123456789012:inference-profile/' +
    'us.anthropic.claude-3-haiku-20240307-v1:0',
])('a prompt router is priced by the model it chose, named as %s', (name) => {
  expect(priced(name)).toMatchObject({ priced: 'yes', cost: 250_000_000_000n, ceiling: null });
});

test('a choice that nobody knows is told to have no price', () => {
  expect(priced(ROUTER)).toMatchObject({ priced: 'no', cost: 0n });
});
