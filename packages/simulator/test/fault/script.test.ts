/** The syntax of scripted faults: what it says is done, and a slip of the pen is told at once. */
import { describe, expect, it } from 'vitest';
import { EMPTY_SCRIPT, overlay, parseScript } from '../../src/fault/script.ts';

describe('a script', () => {
  it.each([
    ['throttle', { fault: 'throttle', failure: 'ThrottlingException' }],
    ['error;status=503', { fault: 'error', failure: 'ServiceUnavailableException' }],
    ['error;name=AccessDeniedException', { fault: 'error', failure: 'AccessDeniedException' }],
    ['hang', { fault: 'hang', silence: 'hang' }],
    ['hang;after=2', { fault: 'hang', breaks: { kind: 'hang', after: 2 } }],
    ['reset', { fault: 'reset', silence: 'reset' }],
    ['truncate', { fault: 'truncate', breaks: { kind: 'truncate', after: 3, inside: false } }],
    [
      'truncate;after=7;inside',
      { fault: 'truncate', breaks: { kind: 'truncate', after: 7, inside: true } },
    ],
    [
      'exception;name=throttlingException',
      { fault: 'exception', breaks: { kind: 'exception', name: 'throttlingException', after: 3 } },
    ],
    ['no-usage', { fault: 'no-usage', usageMissing: 'everywhere' }],
    ['usage;times=1000', { fault: 'usage', usageTimes: 1000 }],
    ['slow;ms=250', { fault: null, slowMs: 250 }],
    ['pace;ms=20', { fault: null, paceMs: 20 }],
    ['frames;count=9', { fault: null, frames: 9 }],
    ['tokens;mode=worst;output=12', { fault: null, tokens: 'worst', outputTokens: 12 }],
    ['no-usage;where=headers', { fault: 'no-usage', usageMissing: 'headers' }],
    ['cache;mode=read', { fault: null, cache: 'read' }],
    ['cache;mode=implicit;tokens=9', { fault: null, cache: 'implicit', implicitTokens: 9 }],
    ['guardrail;blocks=output', { fault: null, guardrailBlocks: 'output' }],
    ['router;model=1', { fault: null, routerPick: 1 }],
    ['tier;served=flex', { fault: null, servedTier: 'flex' }],
    ['latency;served=standard', { fault: null, servedLatency: 'standard' }],
    [
      ' slow ; ms = 1 ,, throttle ',
      { fault: 'throttle', slowMs: 1, failure: 'ThrottlingException' },
    ],
    ['', { fault: null }],
  ])('%s is understood', (source, script) => {
    expect(parseScript(source)).toEqual(script);
  });

  it.each([
    ['explode', "no fault 'explode'"],
    ['toString', "no fault 'toString'"],
    ['no-usage;where=nowhere', "'where' is one of everywhere, headers, body"],
    ['guardrail;blocks=all', "'blocks' is one of"],
    ['slow;s=1', "no parameter 's'"],
    ['slow;ms=soon', 'a whole number'],
    ['error;status=418', 'no exception has status 418'],
    ['error;name=Nothing', "no exception 'Nothing'"],
    ['tokens;mode=few', 'one of typical, worst, cjk'],
    ['cache', "'mode' is missing"],
  ])('%s is refused with the reason', (source, reason) => {
    expect(() => parseScript(source)).toThrow(reason);
  });
});

it('of two scripts the second counts where both speak', () => {
  const below = parseScript('slow;ms=1, throttle');
  const above = parseScript('slow;ms=2');
  expect(overlay(below, above)).toEqual({
    fault: 'throttle',
    failure: 'ThrottlingException',
    slowMs: 2,
  });
  expect(overlay(below, EMPTY_SCRIPT)).toBe(below);
});
