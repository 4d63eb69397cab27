/** What a reply means where a guardrail may have run: asked for or not, with a trace or without. */
import { NO_USAGE, type Usage } from '@tollkeeper/core';
import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/gateway/attempt.ts';
import { conclude } from '../../src/gateway/conclude.ts';

const TOKENS = { inputTokens: 5, outputTokens: 300, totalTokens: 305 };
const UNITS = { contentPolicyUnits: 2, wordPolicyUnits: 2 };

interface Case {
  readonly guarded: boolean;
  readonly policy?: 'estimate' | 'flag';
  readonly guardrail?: object;
}

function attemptOf(more: object): Attempt {
  const policy = { untraced_guardrail: 'estimate' };
  return {
    call: { operation: 'converse' },
    caller: { principal: { policy } },
    bills: 'model',
    model: { family: 'nova' },
    // 2,400 bytes of text.
    inputTokensEstimate: 600,
    guarded: false,
    ...more,
  } as unknown as Attempt;
}

function replyOf(body: object) {
  const bytes = Buffer.from(JSON.stringify(body));
  const whole = { kind: 'whole', status: 200, rawHeaders: [], firstByteAt: 0 } as const;
  return { ...whole, body: bytes, unsent: bytes };
}

function concluded({ guarded, policy = 'estimate', guardrail }: Case) {
  const caller = { principal: { policy: { untraced_guardrail: policy } } };
  const trace = guardrail === undefined ? {} : { trace: { guardrail } };
  return conclude(attemptOf({ guarded, caller }), replyOf({ usage: TOKENS, ...trace }), 'zero');
}

const STATED = { inputAssessment: { g: { invocationMetrics: { usage: UNITS } } } };
const SHOWN = { actionReason: 'No action.', inputAssessment: { g: {} } };

const REPORTED: Usage = { ...NO_USAGE, input_tokens: 5, output_tokens: 300 };

describe('a guardrail', () => {
  test.each([true, false])(
    'whose trace states its units is believed (asked for: %s)',
    (guarded) => {
      const { usage, ceiling } = concluded({ guarded, guardrail: STATED });
      const units = { guardrail_content_policy_unit: 2, guardrail_word_policy_unit: 2 };
      expect(usage).toEqual({ source: 'reported', usage: { ...REPORTED, units } });
      expect(ceiling).toBe('charge');
    },
  );

  test('without a trace is estimated from the texts, up to the hold', () => {
    const conclusion = concluded({ guarded: true });
    // 2,400 characters begin 3 units; 300 tokens are about 1,200 characters and begin 2.
    const units = { guardrail_content_policy_unit: 5 };
    expect(conclusion).toMatchObject({
      usage: {
        source: 'estimated',
        usage: { ...REPORTED, units },
        reason: 'guardrail_untraced',
      },
      ceiling: 'hold',
      tokensReported: true,
    });
  });

  test('without a trace is a line without a price, where the policy flags it', () => {
    const { usage } = concluded({ guarded: true, policy: 'flag' });
    const units = { guardrail_untraced: 1 };
    expect(usage).toEqual({ source: 'reported', usage: { ...REPORTED, units } });
  });

  test.each(['estimate', 'flag'] as const)(
    'that nobody asked for, and whose units do not show, is a line without a price (%s)',
    (policy) => {
      const { usage } = concluded({ guarded: false, policy, guardrail: SHOWN });
      const units = { guardrail_untraced: 1 };
      expect(usage).toEqual({ source: 'reported', usage: { ...REPORTED, units } });
    },
  );

  test('that did not run adds nothing', () => {
    const { usage } = concluded({ guarded: false });
    expect(usage).toEqual({ source: 'reported', usage: REPORTED });
  });
});

describe('an operation without tokens', () => {
  test('that is free used nothing, whatever its reply says', () => {
    const attempt = attemptOf({ call: { operation: 'count-tokens' }, bills: 'nothing' });
    const conclusion = conclude(attempt, replyOf({ inputTokens: 9 }), 'zero');
    expect(conclusion.usage).toEqual({ source: 'reported', usage: NO_USAGE });
  });

  test.each([
    ['apply-guardrail', { usage: UNITS }, 'guardrail_content_policy_unit'],
    [
      'guardrail-checks',
      { usage: { promptAttack: { textUnits: 2 } } },
      'guardrail_check_prompt_attack_unit',
    ],
  ])('%s used the units that its reply states', (operation, body, unit) => {
    const attempt = attemptOf({ call: { operation }, bills: 'guardrail', guarded: true });
    const { usage } = conclude(attempt, replyOf(body), 'zero');
    expect(usage).toMatchObject({ source: 'reported', usage: { units: { [unit]: 2 } } });
    const silent = conclude(attempt, replyOf({ action: 'NONE' }), 'zero');
    expect(silent).toMatchObject({ usage: { source: 'unknown' }, ceiling: 'hold' });
  });
});

describe('cache writes whose time to live the reply leaves out', () => {
  const usage = { ...TOKENS, cacheWriteInputTokens: 40, totalTokens: 345 };
  const five = { ...REPORTED, cache_write_5m_input_tokens: 40 };
  const read = (writesCache1h: boolean, more: object = {}) =>
    conclude(attemptOf({ writesCache1h }), replyOf({ usage: { ...usage, ...more } }), 'zero');

  test('are written for five minutes where nothing else was asked for', () => {
    expect(read(false)).toMatchObject({ usage: { source: 'reported', usage: five } });
  });

  test('are an estimate, up to the hold, where an hour was asked for', () => {
    expect(read(true)).toMatchObject({
      usage: { source: 'estimated', usage: five, reason: 'cache_write_lifetime_missing' },
      ceiling: 'hold',
      tokensReported: true,
    });
  });

  test('are none where it tells every one of them', () => {
    const cacheDetails = [{ ttl: '5m', inputTokens: 40 }];
    expect(read(true, { cacheDetails })).toMatchObject({ usage: { source: 'reported' } });
  });
});
