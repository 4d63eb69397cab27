/**
 * Lists with their tags, so that people find who made what. AWS lists by page and knows no tags
 * there: what a caller does not see, or has not looked for, is left out of the page, so a page may
 * be shorter than asked for and still not be the last.
 */
import { listIn, type JsonObject } from './aws-answer.ts';
import { sees, type Actor } from './ownership.ts';
import { done, type Decided, type Refusal } from './refusal.ts';
import { tagsOf } from './resource-tags.ts';
import type { Stated } from './stated.ts';
import { matchesTags, userTag, type TagFilter } from './tags.ts';
import type { ProvisioningWorld } from './world.ts';

/** Calls to AWS that run at a time. */
const CALLS_MAX = 8;

/** What a caller looks for: `userId`, `tags` by value, `tagKeys` that are there. */
export function filterOf(stated: Stated): TagFilter {
  const userId = stated.text('userId');
  const tags = stated.tags('tags') ?? {};
  return {
    tags: userId === undefined ? tags : { ...tags, userId: userTag(userId) },
    names: stated.texts('tagKeys') ?? [],
  };
}

/** The page without what the actor does not see or look for, each item with its tags. */
export async function taggedPage(
  world: ProvisioningWorld,
  actor: Actor,
  page: JsonObject,
  members: { readonly list: string; readonly arn: string },
  filter: TagFilter,
): Promise<Decided<JsonObject>> {
  const items = listIn(page, members.list);
  const kept = await eachBounded(items, async (item) => {
    const arn = item[members.arn];
    if (typeof arn !== 'string') return undefined;
    // Whoever sees what belongs to nobody known sees everything: no owner need be looked up.
    const all = sees(actor, undefined);
    if (!all && !sees(actor, await world.registry.ownerOf(arn))) return undefined;
    const tags = await tagsOf(world, arn);
    // It may have been deleted since the page was made.
    if (tags.kind === 'refused') return tags.status === 404 ? undefined : tags;
    return matchesTags(tags.value, filter) ? { ...item, tags: tags.value } : undefined;
  });
  const refusal = kept.find(isRefusal);
  if (refusal !== undefined) return refusal;
  return done({ ...page, [members.list]: kept.filter((item) => item !== undefined) });
}

function isRefusal(item: JsonObject | Refusal | undefined): item is Refusal {
  return item !== undefined && item['kind' as keyof typeof item] === 'refused';
}

/** As many at a time as is bearable, in order. */
async function eachBounded<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += CALLS_MAX) {
    results.push(...(await Promise.all(items.slice(start, start + CALLS_MAX).map(work))));
  }
  return results;
}
