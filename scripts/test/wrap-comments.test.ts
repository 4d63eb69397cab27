/** Comments are wrapped, and nothing else is touched. */
import { expect, test } from 'vitest';
import { wrapComments } from '../wrap-comments.ts';

const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');
const wrap = (text: string): string => wrapComments('a.ts', text);
const longest = (text: string): number => Math.max(...text.split('\n').map((each) => each.length));
const plain = (text: string): string => text.replaceAll(/[\s*/]+/g, ' ').trim();

test.each([
  ['a line', `// ${words(30)}\n`],
  ['lines of one paragraph', `// ${words(22)}\n// ${words(3)}\n`],
  ['a block on one line', `  /** ${words(30)} */\n`],
  ['a block', `/**\n * ${words(30)}\n * ${words(2)}\n */\n`],
  ['a block that begins and ends with text', `/** ${words(30)}\n * ${words(30)} */\n`],
])('%s is wrapped, every word is kept, and a second time changes nothing', (_what, text) => {
  const wrapped = wrap(text);
  expect(longest(wrapped)).toBeLessThanOrEqual(100);
  expect(plain(wrapped)).toBe(plain(text));
  expect(wrap(wrapped)).toBe(wrapped);
});

test('words move into the next line of the same paragraph', () => {
  expect(wrap(`// ${words(20)}\n// next\n`)).toBe(`// ${words(19)}\n// word next\n`);
});

test('an item of a list hangs, and the next item stays one', () => {
  const text = `/**\n * - ${words(20)}\n * - next\n */\n`;
  expect(wrap(text)).toBe(`/**\n * - ${words(19)}\n *   word\n * - next\n */\n`);
});

test.each([
  ['what fits', `/** ${words(5)} */\nconst a = 1; // ${words(3)}\n`],
  ['code', `const a = '${words(30)}';\n`],
  ['text that looks like a comment', `const a = \`\n * ${words(30)}\n// ${words(30)}\n\`;\n`],
  ['a comment behind code', `const a = 1; // ${words(30)}\n`],
  ['a table', `// ${words(18)}   aligned   columns\n`],
  ['an address', `// https://example.com/${'x'.repeat(100)}\n`],
  ['what does not parse', `const = ; // ${words(30)}\n// ${words(30)}\n`],
])('%s stays as it is', (_what, text) => {
  expect(wrap(text)).toBe(text);
});
