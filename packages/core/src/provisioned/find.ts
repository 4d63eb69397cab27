/** From what a caller calls a resource to its ARN, if the caller may do with it what is asked. */
import { ask } from './aws-answer.ts';
import { controlCall } from './control-call.ts';
import { madeResourceOf, nameProblem, parseBedrockArn, type MadeResource } from './names.ts';
import { manages, sees, type Actor } from './ownership.ts';
import { done, invalid, missing, refuse, type Decided, type Refusal } from './refusal.ts';
import type { ProvisioningWorld } from './world.ts';

const WORDS: { readonly [kind in MadeResource]: string } = {
  'provisioned-model': 'The provisioned throughput',
  'application-inference-profile': 'The inference profile',
};

/** The ARN of what a caller may see. `called`: an ARN, an id, or a name. */
export async function findSeen(
  world: ProvisioningWorld,
  actor: Actor,
  kind: MadeResource,
  called: string,
): Promise<Decided<string>> {
  const found = await arnOf(world, kind, called);
  if (found.kind === 'refused') {
    // What AWS says of names that are not there, or of somebody else's, is the same.
    return found.status === 404 ? missing(WORDS[kind]) : found;
  }
  const owner = await world.registry.ownerOf(found.value);
  return sees(actor, owner) ? found : missing(WORDS[kind]);
}

/** The ARN of what a caller may delete and tag. */
export async function findManaged(
  world: ProvisioningWorld,
  actor: Actor,
  kind: MadeResource,
  called: string,
): Promise<Decided<string>> {
  const found = await findSeen(world, actor, kind, called);
  if (found.kind === 'refused') return found;
  return (await managedProblem(world, actor, found.value)) ?? found;
}

/** For a resource that is named by its ARN alone. */
export async function resourceProblem(
  world: ProvisioningWorld,
  actor: Actor,
  arn: string,
  how: 'see' | 'manage',
): Promise<Refusal | undefined> {
  const kind = madeResourceOf(arn);
  if (kind === undefined) {
    return invalid(
      'resourceARN must be the ARN of provisioned throughput or of an application inference ' +
        'profile: nothing else is tagged here.',
    );
  }
  const found = await (how === 'see' ? findSeen : findManaged)(world, actor, kind, arn);
  return found.kind === 'refused' ? found : undefined;
}

async function managedProblem(
  world: ProvisioningWorld,
  actor: Actor,
  arn: string,
): Promise<Refusal | undefined> {
  if (manages(actor, await world.registry.ownerOf(arn))) return undefined;
  return refuse(
    'AccessDeniedException',
    'This was made by somebody else: only its owner or an administrator deletes or tags it.',
  );
}

async function arnOf(
  world: ProvisioningWorld,
  kind: MadeResource,
  called: string,
): Promise<Decided<string>> {
  const { region } = world.rules;
  const parsed = parseBedrockArn(called);
  if (parsed !== undefined) {
    if (madeResourceOf(called) !== kind) return missing(WORDS[kind]);
    if (parsed.region === region) return done(called);
    return invalid(`The ARN is of the region ${parsed.region}; this serves ${region}.`);
  }
  const isModel = kind === 'provisioned-model';
  const problem = nameProblem(kind, called);
  if (problem !== undefined) return problem;
  const known = await world.registry.arnWithId(kind, called);
  if (known !== undefined) return done(known);
  const action = isModel ? 'GetProvisionedModelThroughput' : 'GetInferenceProfile';
  const answer = await ask(world, controlCall(action, { id: called }));
  if (answer.kind === 'refused') return answer;
  const arn = answer.value[isModel ? 'provisionedModelArn' : 'inferenceProfileArn'];
  return typeof arn === 'string' && madeResourceOf(arn) === kind ? done(arn) : missing(WORDS[kind]);
}
