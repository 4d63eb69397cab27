/** Application inference profiles: made, listed, read and deleted. */
import { ask, type JsonObject } from './aws-answer.ts';
import { controlCall } from './control-call.ts';
import { findManaged, findSeen } from './find.ts';
import { filterOf, taggedPage } from './listing.ts';
import { allTags, make, ownerFor, permissionProblem, tagMember } from './make.ts';
import { clientTokenProblem, modelProblem, nameProblem, parseBedrockArn } from './names.ts';
import type { Actor } from './ownership.ts';
import { done, invalid, type Decided } from './refusal.ts';
import { Stated } from './stated.ts';
import { tagList } from './tags.ts';
import type { ProvisioningWorld } from './world.ts';

const DESCRIPTION = /^(?:[0-9a-zA-Z:.][ _-]?)+$/;
const DESCRIPTION_LENGTH_MAX = 200;
const ID_NAMES = ['inferenceProfileIdentifier', 'inferenceProfileArn'] as const;

export async function createProfile(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const name = stated.needed('inferenceProfileName');
  const source = new Stated(stated.object('modelSource'));
  const copyFrom = source.needed('copyFrom');
  const description = stated.text('description') ?? null;
  const custom = stated.tags('tags') ?? {};
  const token = stated.text('clientRequestToken') ?? null;
  const dryRun = stated.yes('dryRun');
  const problem =
    stated.problem ??
    source.problem ??
    nameProblem('application-inference-profile', name) ??
    sourceProblem(copyFrom) ??
    descriptionProblem(description) ??
    (token === null ? undefined : clientTokenProblem(token)) ??
    permissionProblem(actor);
  if (problem !== undefined) return problem;
  const tags = allTags(world, actor, custom);
  if (tags.kind === 'refused') return tags;
  const request = {
    inferenceProfileName: name,
    modelSource: { copyFrom },
    ...(description === null ? {} : { description }),
    ...tagMember(tags.value),
  };
  if (dryRun) return done({ dryRun: true, request });
  const owner = ownerFor(actor);
  const made = await make(world, {
    resource: 'application-inference-profile',
    token: token ?? world.newToken(),
    owner,
    asked: JSON.stringify([
      'CreateInferenceProfile',
      world.rules.region,
      owner,
      { name, copyFrom, description, tags: tagList(custom) },
    ]),
    request,
  });
  return made.kind === 'refused' ? made : done({ status: 'ACTIVE', ...made.value.answer });
}

function sourceProblem(copyFrom: string) {
  const problem = modelProblem('modelSource.copyFrom', copyFrom);
  if (problem !== undefined) return problem;
  const resource = parseBedrockArn(copyFrom)?.resource;
  if (resource === 'foundation-model' || resource === 'inference-profile') return undefined;
  return invalid(
    'data.modelSource.copyFrom must be the ARN of a foundation model or of one of AWS’s own ' +
      'inference profiles: others cannot be copied.',
  );
}

function descriptionProblem(description: string | null) {
  if (description === null) return undefined;
  if (description.length <= DESCRIPTION_LENGTH_MAX && DESCRIPTION.test(description)) {
    return undefined;
  }
  return invalid(
    `data.description must have 1 to ${DESCRIPTION_LENGTH_MAX} letters, digits, colons and dots, ` +
      'with single spaces, dashes and underscores between them.',
  );
}

/** One page. Profiles that AWS defines belong to everybody and have no tags. */
export async function listProfiles(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const type = stated.text('typeEquals', 'type');
  const nextToken = stated.text('nextToken');
  const maxResults = stated.whole('maxResults', 1, 1_000);
  const filter = filterOf(stated);
  if (stated.problem !== undefined) return stated.problem;
  const isOwn = type !== 'SYSTEM_DEFINED';
  const query = { type: type ?? 'APPLICATION', nextToken, maxResults };
  const page = await ask(world, controlCall('ListInferenceProfiles', { query }));
  if (page.kind === 'refused' || !isOwn) return page;
  const members = { list: 'inferenceProfileSummaries', arn: 'inferenceProfileArn' };
  return taggedPage(world, actor, page.value, members, filter);
}

export async function getProfile(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const called = stated.needed(...ID_NAMES);
  if (stated.problem !== undefined) return stated.problem;
  const found = await findSeen(world, actor, 'application-inference-profile', called);
  if (found.kind === 'refused') return found;
  return ask(world, controlCall('GetInferenceProfile', { id: found.value }));
}

export async function deleteProfile(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const called = stated.needed(...ID_NAMES);
  const dryRun = stated.yes('dryRun');
  const problem = stated.problem ?? permissionProblem(actor);
  if (problem !== undefined) return problem;
  const found = await findManaged(world, actor, 'application-inference-profile', called);
  if (found.kind === 'refused') return found;
  if (dryRun) return done({ dryRun: true, inferenceProfileArn: found.value });
  const answer = await ask(world, controlCall('DeleteInferenceProfile', { id: found.value }));
  if (answer.kind === 'done') await world.registry.deleted(found.value);
  return answer;
}
