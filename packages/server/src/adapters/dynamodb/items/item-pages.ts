/** Reads partitions page by page, so that however long they are little is in memory at once. */
import type { Item, ItemQuery, Items } from './items.ts';

/** Items of a page. */
export const PAGE_ITEMS = 200;

/** Pages of what a query finds, in its order; none is empty. */
export async function* itemPages(
  items: Items,
  query: Omit<ItemQuery, 'limit'>,
  pageItems = PAGE_ITEMS,
): AsyncGenerator<readonly Item[]> {
  const { from, to } = query;
  // DynamoDB refuses bounds that cross.
  if (from !== undefined && to !== undefined && from > to) return;
  let last: string | undefined;
  while (true) {
    const rest = last === undefined ? query : after(query, last);
    // Bounds are inclusive: the last item comes again.
    const limit = last === undefined ? pageItems : pageItems + 1;
    const found = await items.query({ ...rest, limit });
    const page = found[0]?.sk === last ? found.slice(1) : found;
    if (page.length > 0) yield page;
    last = found.at(-1)?.sk;
    if (found.length < limit) return;
  }
}

/** Every item of a partition that is known to be short. */
export async function allItems(items: Items, query: Omit<ItemQuery, 'limit'>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of itemPages(items, query)) found.push(...page);
  return found;
}

function after(query: Omit<ItemQuery, 'limit'>, last: string): Omit<ItemQuery, 'limit'> {
  return query.descending === true ? { ...query, to: last } : { ...query, from: last };
}
