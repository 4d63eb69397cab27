/**
 * Inference profiles: those that AWS defines, and those of the account, which are created, read,
 * listed and deleted. An application profile tells which models it stands for, and no more.
 */
import { type Account, type ApplicationProfile, FIXTURES_MS, idOf } from '../account/account.ts';
import { foundationArns, splitPrefix } from '../account/destinations.ts';
import { notFound } from '../account/lookup.ts';
import { instant, newResourceId } from '../clock.ts';
import { asObject, type JsonObject } from '../model/json.ts';
import { findModel } from '../model/model.ts';
import { Failure, invalid } from '../wire/failure.ts';
import { Check, RULES } from './check.ts';
import { modelsIn } from './foundation-models.ts';
import { pageAsk, pageOf } from './page.ts';
import { withTags } from './tags.ts';

const ACCOUNT = '123456789012';
/** AWS's default quota of an account and region. */
const PROFILES_MAX = 1000;
const SYSTEM_ARN = /^arn:aws[a-z-]*:bedrock:([a-z0-9-]+):\d{12}:inference-profile\/(.+)$/;
const MODEL_ARN = /^arn:aws[a-z-]*:bedrock:([a-z0-9-]+)::foundation-model\/(.+)$/;

/** Answers CreateInferenceProfile. A token that was used before makes nothing new. */
export function createProfile(account: Account, region: string, body: JsonObject): object {
  const check = new Check();
  const nameOf = 'inferenceProfileName';
  const name = check.text(nameOf, body[nameOf], RULES.inferenceProfileName, true) ?? '';
  const describes = body['description'];
  const description = check.text('description', describes, RULES.description, false);
  const source = asObject(body['modelSource'])?.['copyFrom'];
  const copyFrom = check.text('modelSource.copyFrom', source, RULES.copyFrom, true) ?? '';
  const tags = check.tags(body['tags'], false);
  const tokenOf = 'clientRequestToken';
  const token = check.text(tokenOf, body[tokenOf], RULES.clientRequestToken, false);
  check.done();
  const operation = 'CreateInferenceProfile';
  const before = token === null ? undefined : account.madeBy(operation, region, token);
  if (before !== undefined) return { inferenceProfileArn: before, status: 'ACTIVE' };
  const copiedFrom = copied(copyFrom, region);
  requireRoom(account, region, name);
  const id = newResourceId();
  const arn = `arn:aws:bedrock:${region}:${ACCOUNT}:application-inference-profile/${id}`;
  const kept = withTags(new Map(), tags, arn);
  account.putProfile({ arn, name, description, copiedFrom, createdMs: account.nowMs });
  account.putTags(arn, kept);
  if (token !== null) account.keepToken(operation, region, token, arn);
  return { inferenceProfileArn: arn, status: 'ACTIVE' };
}

function requireRoom(account: Account, region: string, name: string): void {
  const owned = account.profiles(region);
  if (owned.some((profile) => profile.name === name)) {
    throw new Failure('ConflictException', 'An inference profile with this name already exists.');
  }
  if (owned.length < PROFILES_MAX) return;
  throw new Failure(
    'ServiceQuotaExceededException',
    `An account has at most ${PROFILES_MAX} inference profiles in a region.`,
  );
}

/** The model id, with its prefix, that an ARN names. Throws for what cannot be copied. */
function copied(copyFrom: string, region: string): string {
  const system = SYSTEM_ARN.exec(copyFrom);
  const [, place, id = ''] = system ?? MODEL_ARN.exec(copyFrom) ?? [];
  if (place !== region) throw invalid('The provided model source is invalid.');
  const { prefix, id: bare } = splitPrefix(id);
  if ((prefix !== null) !== (system !== null) || !isModel(bare)) {
    throw invalid('The provided model source is invalid.');
  }
  const listed = modelsIn(region).find((model) => model.id === bare);
  if (listed !== undefined && system === null && !listed.inference.includes('ON_DEMAND')) {
    throw invalid('The provided model does not support on-demand throughput.');
  }
  return id;
}

/** Answers GetInferenceProfile, of either type. */
export function getProfile(account: Account, identifier: string, region: string): object {
  const own = account.findProfile(identifier, region);
  if (own !== undefined) return described(own);
  const [, place, named] = SYSTEM_ARN.exec(identifier) ?? [null, region, identifier];
  const id = named ?? '';
  if (splitPrefix(id).prefix === null || !isModel(id)) throw notFound('inference profile');
  return system(id, place ?? region);
}

/** Answers ListInferenceProfiles: what AWS defines, unless the account's own are asked for. */
export function listProfiles(account: Account, query: URLSearchParams, region: string): object {
  const check = new Check();
  const type = check.word('type', query.get('type'), ['SYSTEM_DEFINED', 'APPLICATION']);
  const ask = pageAsk(query, check);
  check.done();
  const list: readonly Described[] =
    type === 'APPLICATION'
      ? account.profiles(region).map(described)
      : modelsIn(region).flatMap(({ id, prefixes }) =>
          prefixes.map((prefix) => system(`${prefix}.${id}`, region)),
        );
  const reached = list.filter(({ type: kind, models }) => {
    return (
      kind === 'APPLICATION' || models.some(({ modelArn }) => modelArn.includes(`:${region}:`))
    );
  });
  const { entries, nextToken } = pageOf(reached, (each) => each.inferenceProfileArn, ask);
  return { inferenceProfileSummaries: entries, ...(nextToken === null ? {} : { nextToken }) };
}

/** Answers DeleteInferenceProfile. */
export function deleteProfile(account: Account, identifier: string, region: string): object {
  const own = account.findProfile(identifier, region);
  if (own !== undefined) {
    account.remove(own.arn);
    return {};
  }
  if (splitPrefix(idOf(identifier)).prefix !== null) {
    throw invalid('System defined inference profiles cannot be deleted.');
  }
  throw notFound('inference profile');
}

type Described = ReturnType<typeof details>;

function described({
  arn,
  name,
  description,
  copiedFrom,
  createdMs,
}: ApplicationProfile): Described {
  return details(arn, name, description, copiedFrom, 'APPLICATION', createdMs);
}

function system(id: string, region: string): Described {
  const arn = `arn:aws:bedrock:${region}:${ACCOUNT}:inference-profile/${id}`;
  return details(arn, id, null, id, 'SYSTEM_DEFINED', FIXTURES_MS);
}

function details(
  arn: string,
  name: string,
  description: string | null,
  modelId: string,
  type: 'SYSTEM_DEFINED' | 'APPLICATION',
  createdMs: number,
) {
  return {
    inferenceProfileName: name,
    ...(description === null ? {} : { description }),
    createdAt: instant(createdMs),
    updatedAt: instant(createdMs),
    inferenceProfileArn: arn,
    models: foundationArns(modelId, arn).map((modelArn) => ({ modelArn })),
    inferenceProfileId: idOf(arn),
    status: 'ACTIVE',
    type,
  };
}

function isModel(id: string): boolean {
  try {
    findModel(id);
    return true;
  } catch {
    return false;
  }
}
