/** Values of the wrong kind are null, never an error and never a guess. */
import { expect, it } from 'vitest';
import { asInteger, asList, asObject, asString, stringsOf } from '../../src/model/json.ts';

it.each([
  [{ a: 1 }, 'object'],
  [[1], 'list'],
  ['a', 'string'],
  [5, 'integer'],
  [5.5, 'nothing'],
  [null, 'nothing'],
  [undefined, 'nothing'],
  [true, 'nothing'],
])('%j is taken as %s', (value, kind) => {
  const read = { object: asObject(value), list: asList(value), string: asString(value) };
  const all: Record<string, unknown> = { ...read, integer: asInteger(value) };
  for (const [name, seen] of Object.entries(all))
    expect(seen).toEqual(name === kind ? value : null);
});

it('only the strings of a list are kept', () => {
  expect(stringsOf(['a', 1, null, 'b'])).toEqual(['a', 'b']);
  expect(stringsOf('a')).toEqual([]);
});
