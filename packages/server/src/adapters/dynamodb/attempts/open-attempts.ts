/**
 * Finds the attempts that are open. Every group of intents of an instance leaves an item under the
 * instance that names its attempts; what an instance has intended is among them, and nothing else
 * has to be searched.
 */
import { attemptOf, type OpenAttempt } from './attempt-item.ts';
import { inParallel } from '../entries/entry-reading.ts';
import { allItems, itemPages } from '../items/item-pages.ts';
import type { Items } from '../items/items.ts';
import {
  attemptKey,
  INSTANCE_SHARDS,
  instancePartition,
  instancesPartition,
  intentGroupSort,
} from '../items/keys.ts';
import { attemptsOfGroup } from '../entries/line-items.ts';

/** Sorts behind everything that a sort key begins with. */
const BEHIND = '~';

/** Open attempts of one instance, or of all, in the order of their ids. */
export async function openAttempts(
  items: Items,
  instanceId?: string,
): Promise<readonly OpenAttempt[]> {
  const instances = instanceId === undefined ? await registered(items) : [instanceId];
  const found: OpenAttempt[] = [];
  await inParallel(instances, async (instance) => {
    found.push(...(await openOf(items, instance)));
  });
  return found.sort((a, b) => (a.intent.attempt_id < b.intent.attempt_id ? -1 : 1));
}

async function registered(items: Items): Promise<string[]> {
  const shards = Array.from({ length: INSTANCE_SHARDS }, (_, shard) => shard);
  const found = await Promise.all(
    shards.map((shard) => allItems(items, { pk: instancesPartition(shard) })),
  );
  return found.flat().map(({ sk }) => sk);
}

async function openOf(items: Items, instance: string): Promise<OpenAttempt[]> {
  const bounds = { from: intentGroupSort(''), to: intentGroupSort(BEHIND) };
  const open: OpenAttempt[] = [];
  for await (const page of itemPages(items, { pk: instancePartition(instance), ...bounds })) {
    const ids = new Set(page.flatMap(attemptsOfGroup));
    for (const item of await items.get([...ids].map(attemptKey))) {
      const attempt = item === undefined ? undefined : attemptOf(item);
      if (attempt?.kind === 'open' && attempt.instance_id === instance) open.push(attempt);
    }
  }
  return open;
}
