/** Provisioned throughput: bought, listed, read and deleted. */
import { ask, type JsonObject } from './aws-answer.ts';
import {
  commitmentPrice,
  confirmationProblem,
  confirmationToken,
  confirmedSum,
  parseCommitment,
  type Commitment,
  type CommitmentPrice,
} from './commitment.ts';
import { controlCall } from './control-call.ts';
import { findManaged, findSeen } from './find.ts';
import { filterOf, taggedPage } from './listing.ts';
import { allTags, make, ownerFor, permissionProblem, tagMember } from './make.ts';
import {
  clientTokenProblem,
  defaultName,
  isOfferedByAws,
  modelProblem,
  nameProblem,
} from './names.ts';
import type { Actor } from './ownership.ts';
import { done, refuse, type Decided, type Refusal } from './refusal.ts';
import { Stated } from './stated.ts';
import { tagList, type Tags } from './tags.ts';
import type { Making, ProvisioningWorld } from './world.ts';

/** Model units of one purchase at most: AWS counts them in 32 bits. */
const MODEL_UNITS_MAX = 2_147_483_647;
const ID_NAMES = ['provisionedModelId', 'provisionedModelArn', 'provisionedModelName'] as const;

/** What a caller wants to buy. */
interface Wish {
  readonly modelId: string;
  readonly modelUnits: number;
  readonly commitment: Commitment | null;
  readonly name: string | null;
  readonly tags: Tags;
  readonly clientToken: string | null;
  readonly confirmation: string | null;
  readonly dryRun: boolean;
}

/**
 * Buys. Nothing is sent to AWS unless the actor may, names and tags are good, and a commitment is
 * confirmed.
 */
export async function createThroughput(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const wished = wishOf(data);
  if (wished.kind === 'refused') return wished;
  const wish = wished.value;
  const denied = permissionProblem(actor);
  if (denied !== undefined) return denied;
  const withheld = await withheldProblem(world, actor, wish.modelId);
  if (withheld !== undefined) return withheld;
  const tags = allTags(world, actor, wish.tags);
  if (tags.kind === 'refused') return tags;
  const name = wish.name ?? defaultName(world.rules.namePrefix, world.now());
  const unnamed = nameProblem('provisioned-model', name);
  if (unnamed !== undefined) return unnamed;
  const { modelId, modelUnits, commitment, clientToken } = wish;
  const request = {
    modelUnits,
    provisionedModelName: name,
    modelId,
    ...(commitment === null ? {} : { commitmentDuration: commitment }),
    ...tagMember(tags.value),
  };
  const confirming = await confirmationOf(world, actor, wish);
  if (wish.dryRun) return done({ dryRun: true, request, ...confirming.shown });
  const making = (token: string): Making => ({
    ...{ resource: 'provisioned-model', token, request },
    ...{ owner: ownerFor(actor), asked: askedFor(world, actor, wish) },
  });
  if (confirming.kind === 'refused') {
    // What was confirmed once and is repeated later, by when its confirmation has expired.
    const token = clientToken ?? confirmedSum(wish.confirmation ?? '');
    const known = token === '' ? undefined : await world.registry.known(making(token));
    if (known === undefined) return confirming.refusal;
    return madeAnswer(await make(world, making(token)));
  }
  const token = clientToken ?? confirming.token ?? world.newToken();
  return madeAnswer(await make(world, making(token)));
}

/**
 * Whose model capacity is bought for: what is bought is its buyer's organization's to call, so a
 * model of the account that it may not call must not be had by this way either.
 */
async function withheldProblem(
  world: ProvisioningWorld,
  actor: Actor,
  modelId: string,
): Promise<Refusal | undefined> {
  if (isOfferedByAws(modelId) || actor.administers === 'everything') return undefined;
  if (await world.isGranted(actor, modelId)) return undefined;
  return refuse(
    'AccessDeniedException',
    'data.modelId is no model that AWS offers to everybody, and your organization was not ' +
      'granted it. Name a model of the account by the ARN that was granted.',
  );
}

function madeAnswer(made: Awaited<ReturnType<typeof make>>): Decided<JsonObject> {
  return made.kind === 'refused' ? made : done(made.value.answer);
}

function wishOf(data: unknown): Decided<Wish> {
  const stated = new Stated(data);
  const modelId = stated.needed('modelId');
  const modelUnits = stated.whole('modelUnits', 1, MODEL_UNITS_MAX);
  const name = stated.text('provisionedModelName') ?? null;
  const duration = stated.text('commitmentDuration');
  const tags = stated.tags('tags') ?? {};
  const clientToken = stated.text('clientRequestToken') ?? null;
  const confirmation = stated.text('confirmation') ?? null;
  const dryRun = stated.yes('dryRun');
  const commitment = duration === undefined ? null : parseCommitment(duration);
  if (stated.problem !== undefined) return stated.problem;
  if (modelUnits === undefined) {
    return refuse('ValidationException', 'data.modelUnits is missing: say how many to buy.');
  }
  if (commitment !== null && typeof commitment !== 'string') return commitment;
  const problem =
    modelProblem('modelId', modelId) ??
    (name === null ? undefined : nameProblem('provisioned-model', name)) ??
    (clientToken === null ? undefined : clientTokenProblem(clientToken));
  if (problem !== undefined) return problem;
  return done({ modelId, modelUnits, commitment, name, tags, clientToken, confirmation, dryRun });
}

type Confirming =
  | { readonly kind: 'free'; readonly token: string | null; readonly shown: JsonObject }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly shown: JsonObject };

/** Whether a wish may be fulfilled now; if not, the refusal has what is needed to confirm it. */
async function confirmationOf(
  world: ProvisioningWorld,
  actor: Actor,
  wish: Wish,
): Promise<Confirming> {
  const { commitment, modelUnits, confirmation } = wish;
  if (commitment === null) return { kind: 'free', token: null, shown: {} };
  const unitHour = await world.unitHourPrice(wish.modelId, commitment);
  const now = world.now();
  const price = commitmentPrice(now, commitment, modelUnits, unitHour);
  if (!world.rules.confirmCommitments) return { kind: 'free', token: null, shown: { price } };
  // The price by the hour, not the total: how many hours a month has changes while somebody reads.
  // With the client token: one confirmation is not good for two of them.
  const terms = [wish.clientToken, price.unit_hour_usd];
  const bought = `${askedFor(world, actor, wish)}\n${JSON.stringify(terms)}`;
  const problem =
    confirmation === null ? '' : await confirmationProblem(world, bought, confirmation, now);
  if (problem === undefined) {
    return { kind: 'free', token: confirmedSum(confirmation ?? ''), shown: { price } };
  }
  const expiresAt = now + world.rules.confirmationMs;
  const shown = {
    price,
    confirmation_token: await confirmationToken(world, bought, expiresAt),
    expires_at: new Date(expiresAt).toISOString(),
  };
  const words = `${problem} ${commitmentWords(commitment, price)}`.trim();
  return { kind: 'refused', refusal: refuse('ConfirmationRequired', words, shown), shown };
}

function commitmentWords(commitment: Commitment, price: CommitmentPrice): string {
  const { model_units: units, hours, total_usd: total, unit_hour_usd: unitHour } = price;
  const months = commitment === 'OneMonth' ? 'one month' : 'six months';
  const sum =
    total === null
      ? 'What that costs is not known here: the operator has stated no price for the model.'
      : `That is ${total} USD in all: ${hours} hours at ${unitHour} USD an hour for each unit.`;
  return (
    `This commits to ${units} model unit${units === 1 ? '' : 's'} for ${months} and cannot be ` +
    `ended before. ${sum} Send the same request with data.confirmation to buy.`
  );
}

/** Everything that makes one purchase another one, in a fixed form. */
function askedFor({ rules }: ProvisioningWorld, actor: Actor, wish: Wish): string {
  const { orgId, issuerId, userId } = actor;
  const { modelId, modelUnits, commitment, name, tags } = wish;
  const what = { modelId, modelUnits, commitment, name, tags: tagList(tags) };
  return JSON.stringify([
    'CreateProvisionedModelThroughput',
    rules.region,
    orgId,
    issuerId,
    userId,
    what,
  ]);
}

/** Members of the list that AWS itself filters by. */
const TEXT_FILTERS = [
  'creationTimeAfter',
  'creationTimeBefore',
  'statusEquals',
  'modelArnEquals',
  'nameContains',
  'nextToken',
  'sortBy',
  'sortOrder',
] as const;

/** One page, as AWS lists it, without what is not the actor's to see; each with its tags. */
export async function listThroughputs(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const maxResults = stated.whole('maxResults', 1, 1_000);
  const filters = Object.fromEntries(TEXT_FILTERS.map((name) => [name, stated.text(name)]));
  const filter = filterOf(stated);
  if (stated.problem !== undefined) return stated.problem;
  const query = { ...filters, maxResults };
  const page = await ask(world, controlCall('ListProvisionedModelThroughputs', { query }));
  if (page.kind === 'refused') return page;
  const members = { list: 'provisionedModelSummaries', arn: 'provisionedModelArn' };
  return taggedPage(world, actor, page.value, members, filter);
}

export async function getThroughput(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const called = stated.needed(...ID_NAMES);
  if (stated.problem !== undefined) return stated.problem;
  const found = await findSeen(world, actor, 'provisioned-model', called);
  if (found.kind === 'refused') return found;
  return ask(world, controlCall('GetProvisionedModelThroughput', { id: found.value }));
}

export async function deleteThroughput(
  world: ProvisioningWorld,
  actor: Actor,
  data: unknown,
): Promise<Decided<JsonObject>> {
  const stated = new Stated(data);
  const called = stated.needed(...ID_NAMES);
  const dryRun = stated.yes('dryRun');
  const problem = stated.problem ?? permissionProblem(actor);
  if (problem !== undefined) return problem;
  const found = await findManaged(world, actor, 'provisioned-model', called);
  if (found.kind === 'refused') return found;
  if (dryRun) return done({ dryRun: true, provisionedModelArn: found.value });
  const call = controlCall('DeleteProvisionedModelThroughput', { id: found.value });
  const answer = await ask(world, call);
  if (answer.kind === 'done') await world.registry.deleted(found.value);
  return answer;
}
