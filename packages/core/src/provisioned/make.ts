/** How something is made once and remembered: the way of every purchase. */
import { ask, isDefinite, type JsonObject } from './aws-answer.ts';
import { controlCall } from './control-call.ts';
import { madeResourceOf } from './names.ts';
import type { Actor, Owner } from './ownership.ts';
import { done, invalid, refuse, type Decided, type Refusal } from './refusal.ts';
import { makerTags, tagList, tagsProblem, tooMany, type Tags } from './tags.ts';
import type { Making, ProvisioningWorld } from './world.ts';

/** What whoever may not make, delete or tag is told. */
export function permissionProblem(actor: Actor): Refusal | undefined {
  if (actor.permitted) return undefined;
  return refuse(
    'AccessDeniedException',
    'You may not make, delete or tag anything here. It takes the permission ' +
      'provisioned_throughput, which nobody has unless the operator gives it.',
    { permission: 'provisioned_throughput' },
  );
}

/** A caller's tags with ours; ours win, and theirs must be theirs. */
export function allTags(
  { rules, now }: Pick<ProvisioningWorld, 'rules' | 'now'>,
  actor: Actor,
  custom: Tags,
): Decided<Tags> {
  const problem = tagsProblem(custom);
  if (problem !== undefined) return problem;
  const { createdBy, source } = rules;
  const maker = makerTags({ createdBy, source, at: now(), userId: actor.userId });
  if ((maker['userId'] ?? '').length > 256) {
    return invalid('Your user id is too long for a tag, so nothing can be made in your name.');
  }
  const all = { ...custom, ...maker };
  return tooMany(all) ?? done(all);
}

const CREATES = {
  'provisioned-model': { action: 'CreateProvisionedModelThroughput', arn: 'provisionedModelArn' },
  'application-inference-profile': {
    action: 'CreateInferenceProfile',
    arn: 'inferenceProfileArn',
  },
} as const;

/**
 * Asks AWS to make it, unless that was done under this token before. A repetition sends what was
 * sent the first time, so that AWS takes it for the same; what AWS refuses is forgotten.
 */
export async function make(
  world: ProvisioningWorld,
  making: Making,
): Promise<Decided<{ readonly arn: string; readonly answer: JsonObject }>> {
  const { action, arn: member } = CREATES[making.resource];
  // AWS knows one account, in which two of our callers may have chosen the same token.
  const clientRequestToken = await world.sum(JSON.stringify([making.owner, making.token]));
  const request = { ...making.request, clientRequestToken };
  const begun = await world.registry.begin({ ...making, request });
  if (begun.kind === 'other') {
    return refuse(
      'ConflictException',
      'This clientRequestToken was used to ask for something else. Use another one.',
    );
  }
  if (begun.kind === 'made') return done({ arn: begun.arn, answer: { [member]: begun.arn } });
  const answer = await ask(world, controlCall(action, { body: begun.request }));
  if (answer.kind === 'refused') {
    if (isDefinite(answer)) await world.registry.refused(making);
    return { ...answer, details: { ...answer.details, clientRequestToken: making.token } };
  }
  const arn = answer.value[member];
  if (typeof arn !== 'string' || madeResourceOf(arn) !== making.resource) {
    return refuse('ServiceUnavailableException', `AWS answered to ${action} without an ARN.`, {
      clientRequestToken: making.token,
    });
  }
  await world.registry.made(making, arn);
  return done({ arn, answer: answer.value });
}

/** Whose what an actor makes is. */
export function ownerFor({ orgId, issuerId, userId }: Actor): Owner {
  return { orgId, issuerId, userId };
}

/** Tags as a request to AWS carries them. */
export function tagMember(tags: Tags): { readonly tags: ReturnType<typeof tagList> } {
  return { tags: tagList(tags) };
}
