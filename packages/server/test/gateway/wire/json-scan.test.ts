/** Structure of JSON text without parsing it: what strings hold is not structure. */
import { describe, expect, test } from 'vitest';
import { outerMembers, scanJson, scanStrings } from '../../../src/gateway/wire/json-scan.ts';

describe('depth and members', () => {
  test.each([
    ['', 0, 0],
    ['1', 0, 0],
    ['{}', 1, 0],
    ['{"a":1,"b":{"c":[]}}', 3, 3],
    ['{"a:{[":"b:{[\\":{["}', 1, 1],
    ['{"a\\\\":1,"b":2}', 1, 2],
    [`{"${'x'.repeat(500)}:":"${'y:'.repeat(500)}","z":1}`, 1, 2],
    [`{"a":"${'\\\\\\"'.repeat(200)}","z":1}`, 1, 2],
    ['[[[', 3, 0],
    ['}}}{', 0, 0],
    ['{"open', 1, 0],
  ])('%j nests %i deep and names %i members', (text, depth, members) => {
    expect(scanJson(text)).toMatchObject({ depth, members });
  });

  test('a string whose quote is escaped at any length is closed where it closes', () => {
    for (let size = 0; size < 200; size++) {
      const value = { key: `${'x'.repeat(size)}"\\:{`, other: 1 };
      expect(scanJson(JSON.stringify(value))).toMatchObject({ depth: 1, members: 2 });
    }
  });

  test('exponents are those of numbers, not the letters of words', () => {
    expect(scanJson('[1e5,-2.0E+3,true,false,"3e3",4]').exponents).toBe(2);
  });
});

describe('strings', () => {
  function strings(text: string): [string, boolean][] {
    const found: [string, boolean][] = [];
    scanStrings(text, (value, afterColon) => found.push([value, afterColon !== null]));
    return found;
  }

  test('names and values are told apart and decoded', () => {
    expect(strings('{"a" : "b", "\\u0063": ["d\\"e", 1]}')).toEqual([
      ['a', true],
      ['b', false],
      ['c', true],
      ['d"e', false],
    ]);
  });

  test('the position after the colon is where the value begins', () => {
    const text = '{"n" : 12}';
    scanStrings(text, (_, afterColon) => expect(text.slice(afterColon ?? 0)).toBe(' 12}'));
  });

  test('text that is not JSON gives what is quoted in it', () => {
    expect(strings('a "b" c "\\x" "d')).toEqual([
      ['b', false],
      ['\\x', false],
      ['d', false],
    ]);
  });
});

describe('members of the outermost object', () => {
  const members = (text: string): (readonly [string, string])[] =>
    outerMembers(text).map(({ name, start, end }) => [name, text.slice(start, end)]);

  test.each<[string, readonly (readonly [string, string])[]]>([
    ['{}', []],
    [' { } ', []],
    ['{"a":1}', [['a', '1']]],
    [
      '{ "a" : 1.0 ,\n"b":\t[1,{"c":2}] }',
      [
        ['a', '1.0'],
        ['b', '[1,{"c":2}]'],
      ],
    ],
    [
      '{"a":"b:{,\\"}","a":{"a":"x,"},"":null}',
      [
        ['a', '"b:{,\\"}"'],
        ['a', '{"a":"x,"}'],
        ['', 'null'],
      ],
    ],
    ['{"\\u0061\\"":true}', [['a"', 'true']]],
    [`{"a":"${'x'.repeat(500)}\\\\"}`, [['a', `"${'x'.repeat(500)}\\\\"`]]],
  ])('%j has them where they stand', (text, expected) => {
    expect(members(text)).toEqual(expected);
  });
});
