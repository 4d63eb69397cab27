/** Tags of what was made: listed, added, removed; never ours. */
import { ask, tagsIn, type JsonObject } from './aws-answer.ts';
import { controlCall } from './control-call.ts';
import { resourceProblem } from './find.ts';
import { permissionProblem } from './make.ts';
import type { Actor } from './ownership.ts';
import { done, invalid, type Decided } from './refusal.ts';
import { Stated } from './stated.ts';
import { tagList, tagNameProblem, tagsProblem, tooMany, type Tags } from './tags.ts';
import type { ProvisioningWorld } from './world.ts';

const ARN_NAMES = ['resourceARN', 'resourceArn'] as const;

export async function listTags(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const resourceARN = stated.needed(...ARN_NAMES);
  const problem = stated.problem ?? (await resourceProblem(world, actor, resourceARN, 'see'));
  if (problem !== undefined) return problem;
  return ask(world, controlCall('ListTagsForResource', { body: { resourceARN } }));
}

/** Adds tags, or gives those that are there another value. */
export async function tagResource(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const resourceARN = stated.needed(...ARN_NAMES);
  const tags = stated.tags('tags') ?? {};
  const dryRun = stated.yes('dryRun');
  const problem =
    stated.problem ??
    permissionProblem(actor) ??
    (Object.keys(tags).length === 0 ? invalid('data.tags is missing or empty.') : undefined) ??
    tagsProblem(tags) ??
    (await resourceProblem(world, actor, resourceARN, 'manage'));
  if (problem !== undefined) return problem;
  const present = await tagsOf(world, resourceARN);
  if (present.kind === 'refused') return present;
  const full = tooMany({ ...present.value, ...tags });
  if (full !== undefined) return full;
  if (dryRun) return done({ dryRun: true, resourceARN, tags: tagList(tags) });
  const body = { resourceARN, tags: tagList(tags) };
  const answer = await ask(world, controlCall('TagResource', { body }));
  if (answer.kind === 'done') await world.registry.tagged(resourceARN, { tags, removed: [] });
  return answer;
}

export async function untagResource(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const resourceARN = stated.needed(...ARN_NAMES);
  const tagKeys = stated.texts('tagKeys') ?? [];
  const dryRun = stated.yes('dryRun');
  const problem =
    stated.problem ??
    permissionProblem(actor) ??
    (tagKeys.length === 0 ? invalid('data.tagKeys is missing or empty.') : undefined) ??
    tagKeys.map(tagNameProblem).find((each) => each !== undefined) ??
    (await resourceProblem(world, actor, resourceARN, 'manage'));
  if (problem !== undefined) return problem;
  const body = { resourceARN, tagKeys };
  if (dryRun) return done({ dryRun: true, ...body });
  const answer = await ask(world, controlCall('UntagResource', { body }));
  if (answer.kind === 'done') {
    await world.registry.tagged(resourceARN, { tags: {}, removed: tagKeys });
  }
  return answer;
}

/** The tags of a resource as AWS has them now. */
export async function tagsOf(
  world: ProvisioningWorld,
  resourceARN: string,
): Promise<Decided<Tags>> {
  const answer = await ask(world, controlCall('ListTagsForResource', { body: { resourceARN } }));
  return answer.kind === 'refused' ? answer : done(tagsIn(answer.value));
}
