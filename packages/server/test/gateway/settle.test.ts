/** What an ended attempt is priced by. */
import { readFileSync } from 'node:fs';
import { catalogueFrom, usageOf, type PriceBook, type Usage } from '@tollkeeper/core';
import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/gateway/attempt.ts';
import type { Conclusion } from '../../src/gateway/conclude.ts';
import { settlementOf } from '../../src/gateway/settle.ts';
import { AT, MICRO, ROUTER_FEE, smallBook } from './small-book.ts';

const OWNED = 'arn:aws:bedrock:us-east-1:123456789012';
const ROUTER = `${OWNED}:default-prompt-router/any`;
const PROVISIONED = `${OWNED}:provisioned-model/abcdefabcdef`;
const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
const data = (name: string): unknown =>
  JSON.parse(
    readFileSync(new URL(`../../../core/data/${name}`, import.meta.url), 'utf8'),
  ) as unknown;
const shipped = catalogueFrom(data('prices.json'), data('models.json')).book;

interface Ended {
  readonly bills: Attempt['bills'];
  readonly modelId: string;
  readonly book: PriceBook;
  readonly used: Partial<Usage>;
  readonly invokedModelId?: string;
  readonly conclusion?: Partial<Conclusion>;
}

const HELD = 5_000n * MICRO;

function settled({ bills, modelId, book, used, invokedModelId, conclusion }: Ended) {
  const attempt = {
    attemptId: 'a',
    bills,
    model: { model_id: modelId },
    modelId,
    scope: 'in_region',
    tier: 'standard',
    book,
    priced: 'yes',
    amounts: { usd: HELD, tokens: 10_000n, requests: 1n },
    pricedAt: AT,
    intent: { region: 'us-east-1', at: AT + 1, subject: { org_id: 'o' }, tags: {} },
    call: { startedAt: 0 },
  } as unknown as Attempt;
  const whole = {
    outcome: 'ok',
    usage: { source: 'reported', usage: usageOf(used) },
    ceiling: 'charge',
    servedTier: null,
    invokedModelId: invokedModelId ?? null,
    upstreamRequestId: null,
    ...conclusion,
  } satisfies Conclusion;
  const parts = { instanceId: 'i' };
  const ending = { endedAt: 0, latencyMs: 0, timeToFirstTokenMs: null };
  return settlementOf(parts, attempt, whole, ending);
}

function entryOf(ended: Ended) {
  return settled(ended).entry;
}

describe('a prompt router', () => {
  const used = { input_tokens: 1_000_000 };
  const routed = { bills: 'router', modelId: ROUTER, book: shipped, used } as const;

  // Claude 3 Haiku in us-east-1: 0.25 USD for a million input tokens.
  test.each([
    [HAIKU, 'in_region'],
    [`us.${HAIKU}`, 'geo'],
    [`arn:aws:bedrock:us-east-1::foundation-model/${HAIKU}`, 'in_region'],
    [`${OWNED}:inference-profile/us.${HAIKU}`, 'geo'],
  ] as const)('is priced by the model it chose, named as %s', (invokedModelId, scope) => {
    const entry = entryOf({ ...routed, invokedModelId });
    expect(entry).toMatchObject({
      cost: 250_000_000_000n,
      price_basis: { model_id: HAIKU, scope, at: AT },
    });
  });

  test('has a fee, which without a price has no amount and leaves a ceiling', () => {
    const entry = entryOf({ ...routed, used: { input_tokens: 1 }, invokedModelId: HAIKU });
    expect(entry).toMatchObject({ priced: 'partly', ceiling: HELD });
    expect(entry.charges.at(-1)).toEqual({
      class: 'prompt_router_request',
      quantity: 1,
      unit_price_usd: null,
      amount: null,
    });
  });

  test('has its fee charged once the operator has set its price', () => {
    const book = smallBook([ROUTER_FEE]);
    const entry = entryOf({ ...routed, book, invokedModelId: 'test.dear-v1:0' });
    expect(entry).toMatchObject({ priced: 'yes', ceiling: null, cost: 10_001_000n * MICRO });
  });

  test('that does not tell what it chose, or tells what nobody knows, has no price', () => {
    for (const chosen of [{}, { invokedModelId: ROUTER }]) {
      const entry = entryOf({ ...routed, ...chosen });
      expect(entry).toMatchObject({ priced: 'no', cost: 0n, ceiling: HELD });
    }
  });

  test('that refused the call has no fee', () => {
    const refusal = { outcome: 'refused' } as const;
    const entry = entryOf({ ...routed, used: {}, conclusion: refusal });
    expect(entry).toMatchObject({ priced: 'yes', cost: 0n, charges: [], ceiling: null });
  });
});

describe('capacity that is paid by the hour', () => {
  const used = { input_tokens: 7, output_tokens: 3, units: { 'image:1024:standard': 2 } };
  const provisioned = { bills: 'marginal', modelId: PROVISIONED, used } as const;

  test('is charged nothing, line by line, and says so', () => {
    const entry = entryOf({ ...provisioned, book: smallBook() });
    expect(entry).toMatchObject({ priced: 'yes', cost: 0n, ceiling: null, price_basis: null });
    expect(entry.charges).toEqual([
      { class: 'input', quantity: 7, unit_price_usd: '0', amount: 0n },
      { class: 'output', quantity: 3, unit_price_usd: '0', amount: 0n },
      { class: 'image:1024:standard', quantity: 2, unit_price_usd: '0', amount: 0n },
    ]);
  });

  test('is charged what the operator says that its ARN costs', () => {
    const book = smallBook([
      [PROVISIONED, 'input', 'in_region', 5],
      [PROVISIONED, 'output', 'in_region', 6],
    ]);
    const tokens = { input_tokens: 7, output_tokens: 3 };
    const entry = entryOf({ ...provisioned, book, used: tokens });
    expect(entry).toMatchObject({ priced: 'yes', cost: 53n * MICRO });
  });

  test('is not made free by a tier that the operator has set no price for', () => {
    const book = smallBook([[PROVISIONED, 'input', 'in_region', 5]]);
    for (const servedTier of ['flex', 'anything']) {
      const conclusion = { servedTier };
      const entry = entryOf({ ...provisioned, book, used: { input_tokens: 7 }, conclusion });
      expect(entry).toMatchObject({ priced: 'yes', cost: 35n * MICRO });
    }
  });

  test('pays for a guardrail beside it', () => {
    const units = { guardrail_content_policy_unit: 2 };
    const entry = entryOf({ ...provisioned, book: smallBook(), used: { input_tokens: 7, units } });
    expect(entry).toMatchObject({ priced: 'yes', cost: 300n * MICRO });
  });
});

describe('a guardrail', () => {
  const guardrail = { bills: 'guardrail', modelId: 'amazon.bedrock-guardrails' } as const;

  test('is charged by its units', () => {
    const units = { guardrail_content_policy_unit: 2, guardrail_word_policy_unit: 2 };
    const entry = entryOf({ ...guardrail, book: smallBook(), used: { units } });
    expect(entry).toMatchObject({
      priced: 'yes',
      cost: 300n * MICRO,
      ceiling: null,
      price_basis: { model_id: 'amazon.bedrock-guardrails', scope: 'in_region', at: AT },
    });
  });

  test('with a policy that has no price is partly priced, up to the hold', () => {
    const units = { guardrail_content_policy_unit: 2, guardrail_new_policy_unit: 1 };
    const entry = entryOf({ ...guardrail, book: smallBook(), used: { units } });
    expect(entry).toMatchObject({ priced: 'partly', cost: 300n * MICRO, ceiling: HELD });
  });
});

test('a ceiling is never less than what is known, however little was held', () => {
  const units = { guardrail_content_policy_unit: 200, guardrail_new_policy_unit: 1 };
  const ended = { bills: 'guardrail', modelId: 'm', book: smallBook(), used: { units } } as const;
  const known = { cost: 30_000n * MICRO, ceiling: 30_000n * MICRO };
  expect(entryOf(ended)).toMatchObject({ priced: 'partly', ...known });
  const usage = { source: 'estimated', usage: usageOf({ units }), reason: 'r' } as const;
  expect(entryOf({ ...ended, conclusion: { usage, ceiling: 'hold' } })).toMatchObject(known);
});

test('what is free has no line and asks for no price', () => {
  const entry = entryOf({ bills: 'nothing', modelId: 'nobody', book: smallBook(), used: {} });
  expect(entry).toMatchObject({ priced: 'yes', cost: 0n, ceiling: null, charges: [] });
  expect(entry).toMatchObject({ usage_source: 'reported', price_basis: null });
});

test('estimated guardrail units raise the ceiling in USD, not the tokens that were told', () => {
  const used = usageOf({ input_tokens: 7, units: { guardrail_content_policy_unit: 2 } });
  const { entry, postings } = settled({
    bills: 'model',
    modelId: 'test.dear-v1:0',
    book: smallBook(),
    used: {},
    conclusion: {
      usage: { source: 'estimated', usage: used, reason: 'guardrail_untraced' },
      ceiling: 'hold',
      tokensReported: true,
    },
  });
  expect(entry).toMatchObject({ cost: 370n * MICRO, ceiling: HELD, usage_source: 'estimated' });
  expect(postings.usd).toEqual({ amount: HELD, ceiling: HELD - 370n * MICRO });
  expect(postings.tokens).toEqual({ amount: 7n, ceiling: 0n });
});
