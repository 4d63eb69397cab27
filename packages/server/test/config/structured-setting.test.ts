/** The parts that settings with members of their own are read by. */
import { describe, expect, it } from 'vitest';
import {
  listIn,
  onlyKnown,
  recordOf,
  structured,
  textIn,
  textsIn,
  wholeIn,
  wordIn,
} from '../../src/config/structured-setting.ts';

describe('each part says where it is wrong, and what is allowed', () => {
  it.each([
    [() => recordOf('a', []), 'a must be a map'],
    [() => recordOf('a', null), 'a must be a map'],
    [() => onlyKnown('a', ['b', 'c'], ['b']), 'a.c is not known here; there are b'],
    [() => textIn('a', ''), 'a must be text'],
    [() => textIn('a', 'x'.repeat(2_049)), 'a must be text'],
    [() => wholeIn('a', 1.5, 0, 9), 'a must be a whole number from 0 to 9'],
    [() => listIn('a', 'x', 3), 'a must be a list of at most 3'],
    [() => listIn('a', [1, 2, 3, 4], 3), 'a must be a list of at most 3'],
    [() => textsIn('a', ['x', 1], 3), 'a[1] must be text'],
    [() => wordIn('a', 'x', ['y', 'z']), 'a must be one of y, z'],
  ])('%#', (read, message) => {
    expect(read).toThrow(message);
  });
});

it('texts are kept once each', () => {
  expect(textsIn('a', ['x', 'y', 'x'], 3)).toEqual(['x', 'y']);
});

it('a setting refuses what its reader refuses, and lets faults of the program through', () => {
  const about = { default: 0, description: '', expects: '', shown: '' };
  const reading = structured({ ...about, read: (given) => wholeIn('n', given, 0, 9) });
  expect(reading.parse(4)).toEqual({ kind: 'value', value: 4 });
  const expected = 'n must be a whole number from 0 to 9';
  expect(reading.parse(10)).toEqual({ kind: 'refused', expected });
  const failing = structured({
    ...about,
    read: () => {
      throw new TypeError('a fault');
    },
  });
  expect(() => failing.parse(1)).toThrow('a fault');
});
