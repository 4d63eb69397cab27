/** What each kind of setting takes and refuses. */
import { describe, expect, test } from 'vitest';
import { parseSetting, settingExpects } from '../../src/config/setting.ts';
import type { Setting } from '../../src/config/setting.ts';

const description = 'For the test.';
const samples: readonly { setting: Setting; takes: unknown[]; refuses: unknown[] }[] = [
  {
    setting: { kind: 'text', default: null, description },
    takes: ['a'],
    refuses: ['', 1, true, null, ['a']],
  },
  {
    setting: { kind: 'secret', default: null, description, pattern: /^.{3}$/, expects: 'three' },
    takes: ['abc'],
    refuses: ['ab', 123],
  },
  {
    setting: { kind: 'url', default: null, description },
    takes: ['https://x.example', 'http://[::1]:80/path'],
    refuses: ['x.example', 'file:///etc', 'http://u@x/', 'http://x/?q', 'http://x/#f', 7],
  },
  {
    setting: { kind: 'whole', default: 1, min: -1, max: 9, description },
    takes: [-1, 9, '-1', '9', '007'],
    refuses: [-2, 10, '10', '', ' 1', '1.0', '0x1', 1.5, NaN, true, '99999999999999999999'],
  },
  {
    setting: { kind: 'switch', default: false, description },
    takes: [true, false, 'true', 'false'],
    refuses: ['TRUE', '1', 1, 0, ''],
  },
  {
    setting: { kind: 'choice', default: 'a', values: ['a', 'b'], description },
    takes: ['a', 'b'],
    refuses: ['c', 'A', '', 0],
  },
  {
    setting: { kind: 'list', default: [], pattern: /^[a-z]$/, expects: 'letters', description },
    takes: ['a', 'a,b', 'a, b,', '', ['a', 'b'], []],
    refuses: ['a,B', ['a', 1], 5, { 0: 'a' }],
  },
];

describe.each(samples)('$setting.kind', ({ setting, takes, refuses }) => {
  test.each(takes)('takes %j', (given) => {
    expect(parseSetting(setting, given).kind).toBe('value');
  });

  test.each(refuses)('refuses %j and says what it wants', (given) => {
    expect(parseSetting(setting, given)).toEqual({
      kind: 'refused',
      expected: settingExpects(setting),
    });
  });
});

test('an URL is kept without its trailing slashes, so that paths can be joined to it', () => {
  const setting: Setting = { kind: 'url', default: null, description };
  expect(parseSetting(setting, 'http://127.0.0.1:8000//')).toEqual({
    kind: 'value',
    value: 'http://127.0.0.1:8000',
  });
});

test('a list drops empty items and the space around items', () => {
  const setting: Setting = {
    kind: 'list',
    default: [],
    pattern: /^[a-z]$/,
    expects: 'letters',
    description,
  };
  expect(parseSetting(setting, ' a ,, b ')).toEqual({ kind: 'value', value: ['a', 'b'] });
});
