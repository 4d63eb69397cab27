/** Settings are checked before any of them is in force. */
import { expect, it } from 'vitest';
import { changeSettings, DEFAULT_SETTINGS } from '../src/settings.ts';

it.each([
  { tokens: 'cjk' },
  { output_tokens: null },
  { output_tokens: 5 },
  { fault_rate: 0.5, seed: 7 },
  { fault_mix: ['throttle', 'slow;ms=1'] },
  { cache: 'body', cache_tokens_min: 0 },
  { signature_skew_ms: null },
])('%j is in force afterwards', (changes) => {
  expect(changeSettings(DEFAULT_SETTINGS, changes)).toEqual({ ...DEFAULT_SETTINGS, ...changes });
});

it.each<object>([
  { tokens: 'few' },
  { output_tokens: 0 },
  { output_tokens: 1.5 },
  { default_max_tokens: null },
  { fault_rate: 1.1 },
  { fault_rate: '1' },
  { fault_mix: [] },
  { fault_mix: ['explode'] },
  { fault: 'explode' },
  { fault: 5 },
  { pace_ms: -1 },
  { toString: 1 },
])('%j is refused', (changes) => {
  expect(() => changeSettings(DEFAULT_SETTINGS, { ...changes })).toThrow();
});

it('the faults of the default mix are all understood', () => {
  expect(changeSettings(DEFAULT_SETTINGS, { ...DEFAULT_SETTINGS })).toEqual(DEFAULT_SETTINGS);
});
