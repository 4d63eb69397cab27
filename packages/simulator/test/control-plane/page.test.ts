/** A token stands for an entry, so that a page goes on after it whatever came in between. */
import { expect, it } from 'vitest';
import { Check } from '../../src/control-plane/check.ts';
import { pageAsk, pageOf } from '../../src/control-plane/page.ts';

const same = (entry: string): string => entry;

it('goes on after the last entry shown, though others came before it', () => {
  const first = pageOf(['b', 'c', 'd'], same, { size: 2, after: null });
  expect(first.entries).toEqual(['b', 'c']);
  const query = new URLSearchParams({ nextToken: first.nextToken ?? '' });
  const ask = pageAsk(query, new Check());
  expect(pageOf(['a', 'b', 'c', 'd'], same, ask)).toEqual({ entries: ['d'], nextToken: null });
});

it('a page that ends with the list has no token', () => {
  expect(pageOf(['a', 'b'], same, { size: 2, after: null }).nextToken).toBeNull();
});

it('a token of an entry that is gone is refused', () => {
  expect(() => pageOf(['a'], same, { size: 1, after: 'gone' })).toThrow(/next token/);
});
