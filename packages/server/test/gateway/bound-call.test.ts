/** What each kind of call holds at most. Prices are the round numbers of the small book. */
import { DEFAULT_KEY_POLICY, type KeyPolicy, type RequestShape } from '@tollkeeper/core';
import { describe, expect, test } from 'vitest';
import { boundCall, type BoundedCall, type BoundedKind } from '../../src/gateway/bound-call.ts';
import { unknownFacts, type NamedModel } from '../../src/gateway/name-model.ts';
import { AT, MICRO, ROUTER_FEE, smallBook, textModel } from './small-book.ts';

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefabcdef';
const CAP = 5_000;
const FLAG: KeyPolicy = { ...DEFAULT_KEY_POLICY, unpriced: 'flag' };

function shape(more: Partial<RequestShape> = {}): RequestShape {
  return {
    text_bytes: 100,
    parts: 1,
    opaque_input: false,
    extended_context: false,
    has_tools: false,
    writes_cache: false,
    max_output_tokens: 10,
    tier: 'standard',
    references: [],
    tags: {},
    ...more,
  };
}

/** 100 bytes, 16 for the part and 64 for the request. */
const INPUT = 180n;

function model(modelId: string, scope: NamedModel['scope']): NamedModel {
  const facts = textModel(modelId);
  return { kind: 'named', modelId, facts, scope, billing: 'model', standsFor: [] };
}

const CHEAP = model('test.cheap-v1:0', 'geo');
const DEAR = model('test.dear-v1:0', 'in_region');
const ROUTER: NamedModel = {
  ...DEAR,
  modelId: ARN,
  facts: unknownFacts(ARN),
  billing: 'router',
  standsFor: [CHEAP, DEAR],
};
const PROVISIONED: NamedModel = { ...ROUTER, billing: 'marginal', standsFor: [DEAR] };

function bounded(
  kind: BoundedKind,
  named: NamedModel,
  asked: RequestShape,
  policy: KeyPolicy = DEFAULT_KEY_POLICY,
  book = smallBook(),
) {
  const moment = { book, region: 'us-east-1', at: AT, org_id: 'o' };
  return boundCall(moment, kind, named, asked, policy, CAP);
}

function amounts(answer: ReturnType<typeof bounded>): BoundedCall['amounts'] {
  if (answer.kind === 'refused') throw new Error(answer.message);
  return answer.amounts;
}

test('a model is bounded by its own prices', () => {
  const usd = (INPUT * 1n + 10n * 2n) * MICRO;
  expect(amounts(bounded('model', CHEAP, shape()))).toEqual({ usd, tokens: 190n, requests: 1n });
});

test('what is free holds one request, no money and no tokens, whatever has no price', () => {
  const nobody = model('test.nobody-v1:0', 'in_region');
  expect(bounded('nothing', nobody, shape({ opaque_input: true }))).toEqual({
    kind: 'bounded',
    bound: null,
    amounts: { usd: 0n, tokens: 0n, requests: 1n },
    priced: 'yes',
  });
});

describe('a prompt router', () => {
  const dearest = (INPUT * 10n + 10n * 20n) * MICRO;

  test('holds what the dearest of its models would cost', () => {
    expect(amounts(bounded('model', ROUTER, shape()))).toEqual({
      usd: dearest,
      tokens: 190n,
      requests: 1n,
    });
  });

  test('holds its fee, too, once the operator has set one', () => {
    const book = smallBook([ROUTER_FEE]);
    const held = amounts(bounded('model', ROUTER, shape(), DEFAULT_KEY_POLICY, book));
    expect(held.usd).toBe(dearest + 1_000n * MICRO);
  });

  test('without a price for one of its models is refused, or flagged without a bound', () => {
    const one = { ...ROUTER, standsFor: [CHEAP, model('test.nobody-v1:0', 'in_region')] };
    expect(bounded('model', one, shape())).toMatchObject({ kind: 'refused', reason: 'unpriced' });
    const flagged = bounded('model', one, shape(), FLAG);
    expect(flagged).toMatchObject({ bound: null, priced: 'no', amounts: { usd: 0n } });
  });
});

describe('capacity that is paid by the hour', () => {
  test('holds tokens and no money', () => {
    const facts = { ...textModel('x'), model_id: ARN };
    const held = amounts(bounded('model', { ...PROVISIONED, facts }, shape()));
    expect(held).toEqual({ usd: 0n, tokens: 190n, requests: 1n });
  });

  test('holds the cap of tokens where nobody knows a maximum, under any policy', () => {
    const held = amounts(bounded('model', PROVISIONED, shape({ max_output_tokens: null })));
    expect(held).toEqual({ usd: 0n, tokens: INPUT + BigInt(CAP), requests: 1n });
  });

  test('holds what the operator says that the ARN costs', () => {
    const book = smallBook([
      [ARN, 'input', 'in_region', 3],
      [ARN, 'output', 'in_region', 4],
    ]);
    const held = amounts(bounded('model', PROVISIONED, shape(), DEFAULT_KEY_POLICY, book));
    expect(held.usd).toBe((INPUT * 3n + 10n * 4n) * MICRO);
  });

  test('holds the units of a guardrail beside it', () => {
    const units = { guardrail_content_policy_unit: 4 };
    expect(amounts(bounded('model', PROVISIONED, shape({ units }))).usd).toBe(600n * MICRO);
  });
});

describe('guardrail units', () => {
  const units = {
    guardrail_content_policy_unit: 3,
    guardrail_topic_policy_unit: 3,
    guardrail_automated_reasoning_policy_unit: 6,
  };

  test('are held for every policy that has a price, beside those of the model', () => {
    const alone = amounts(bounded('model', CHEAP, shape())).usd;
    const guarded = amounts(bounded('model', CHEAP, shape({ units }))).usd;
    expect(guarded - alone).toBe((3n * 150n + 3n * 100n) * MICRO);
  });

  test('are held alone by a call of the guardrail itself, which holds no tokens', () => {
    const held = bounded('guardrail', CHEAP, shape({ units, text_bytes: 0 }));
    expect(amounts(held)).toEqual({ usd: 750n * MICRO, tokens: 0n, requests: 1n });
  });

  test('are held for the checks that are asked for, each of which must have its price', () => {
    const check = { guardrail_check_prompt_attack_unit: 2 };
    expect(amounts(bounded('guardrail', CHEAP, shape({ units: check }))).usd).toBe(140n * MICRO);
    const two = { ...check, guardrail_check_content_filter_unit: 2 };
    const refusal = bounded('guardrail', CHEAP, shape({ units: two }));
    expect(refusal).toMatchObject({ kind: 'refused', reason: 'unpriced' });
    expect(bounded('guardrail', CHEAP, shape({ units: two }), FLAG)).toMatchObject({
      amounts: { usd: 0n, tokens: 0n, requests: 1n },
      priced: 'no',
    });
  });

  test('that have no price at all refuse the call, or leave the bound of the model alone', () => {
    const none = { guardrail_automated_reasoning_policy_unit: 6 };
    const refusal = bounded('model', CHEAP, shape({ units: none }));
    expect(refusal).toMatchObject({ kind: 'refused', reason: 'unpriced' });
    const alone = amounts(bounded('model', CHEAP, shape()));
    const flagged = bounded('model', CHEAP, shape({ units: none }), FLAG);
    expect(flagged).toMatchObject({ priced: 'yes', amounts: alone });
    expect(bounded('guardrail', CHEAP, shape({ units: none }))).toMatchObject({
      reason: 'unpriced',
    });
  });

  test('of which the body tells none are not bounded', () => {
    expect(bounded('guardrail', CHEAP, shape({ units: {} }))).toMatchObject({
      kind: 'refused',
      error: 'ValidationException',
    });
  });
});

test('more than a hold can keep is refused', () => {
  const units = { guardrail_content_policy_unit: Number.MAX_SAFE_INTEGER };
  expect(bounded('guardrail', CHEAP, shape({ units }))).toMatchObject({
    reason: 'bound_too_large',
  });
});
