/** Cells that no reader takes for more than their text. */
import { expect, it } from 'vitest';
import { csvCell } from '../src/csv.ts';

it.each(['', 'plain text', '-0.00423', '-3', '+41791234567', 'a=b', 'x@example.com', '0'])(
  'writes %j as it is',
  (text) => {
    expect(csvCell(text)).toBe(text);
  },
);

it.each([
  ['a,b', '"a,b"'],
  ['a "b"', '"a ""b"""'],
  ['a\r\nb', '"a\r\nb"'],
  // Where commas are decimal points, spreadsheets part cells by semicolons; others by tabs.
  ['a;=1', '"a;=1"'],
  ['a\t=1', '"a\t=1"'],
])('quotes %j', (text, cell) => {
  expect(csvCell(text)).toBe(cell);
});

it.each([
  ['=1+1', "'=1+1"],
  ['=HYPERLINK("http://x.example")', `"'=HYPERLINK(""http://x.example"")"`],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['+SUM(A1)', "'+SUM(A1)"],
  ["-2+cmd|'/c x'!A0", "'-2+cmd|'/c x'!A0"],
  ['\t=1', `"'\t=1"`],
])('lets no spreadsheet run %j', (text, cell) => {
  expect(csvCell(text)).toBe(cell);
});
