/** Provisioned throughput and models of AWS: buy, list, read, delete, tag. */
import type { ApiAnswer, ApiRequest, Handlers, RESOURCES } from '@tollkeeper/contract';
import {
  createThroughput,
  deleteThroughput,
  getModel,
  getThroughput,
  listModels,
  listTags,
  listThroughputs,
  tagResource,
  untagResource,
  type Actor,
  type JsonObject,
  type ProvisioningWorld,
  type Tags,
} from '@tollkeeper/core';
import type { Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { granted } from './provisioned-fault.ts';
import {
  idOf,
  tagsOfItem,
  toApiCommitment,
  toApiModel,
  toApiThroughput,
} from './provisioned-view.ts';
import { actorOf, worldFor } from './provisioned-world.ts';

type Names = keyof (typeof RESOURCES)['provisioned'];
type Plan = ApiAnswer<'createProvisionedThroughput'>['body']['plan'];

const COMMITMENTS = { one_month: 'OneMonth', six_months: 'SixMonths' } as const;
const PAGE_LIMIT_DEFAULT = 100;

export function provisionedHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  const as = (visitor: Visitor): readonly [ProvisioningWorld, Actor] => [
    worldFor(deps, visitor),
    actorOf(visitor),
  ];
  return {
    createProvisionedThroughput: async ({ body }, visitor) =>
      toApiBought(granted(await createThroughput(...as(visitor), purchaseOf(body)))),
    listProvisionedThroughput: async ({ query }, visitor) => {
      const { status, model_arn, name_contains } = query;
      const page = granted(
        await listThroughputs(...as(visitor), {
          ...{ statusEquals: status, modelArnEquals: model_arn, nameContains: name_contains },
          ...listedBy(query),
          ...{ sortBy: 'CreationTime', sortOrder: 'Descending' },
        }),
      );
      const items = objectsIn(page, 'provisionedModelSummaries');
      const provisioned_throughput = items.map((item) => toApiThroughput(item, tagsOfItem(item)));
      return { status: 200, body: { provisioned_throughput, next_cursor: cursorOf(page) } };
    },
    getProvisionedThroughput: async ({ params }, visitor) => {
      const [world, actor] = as(visitor);
      const item = granted(
        await getThroughput(world, actor, { provisionedModelId: params.provisioned_id }),
      );
      const tags = await tagsByName(world, actor, item['provisionedModelArn']);
      return { status: 200, body: toApiThroughput(item, tags) };
    },
    deleteProvisionedThroughput: async ({ params, query }, visitor) => {
      const data = { provisionedModelId: params.provisioned_id, dryRun: query.dry_run };
      granted(await deleteThroughput(...as(visitor), data));
      return { status: 204, body: undefined };
    },
    getProvisionedTags: async ({ params }, visitor) => {
      const [world, actor] = as(visitor);
      const arn = await arnOf(world, actor, params.provisioned_id);
      return { status: 200, body: { tags: await tagsByName(world, actor, arn) } };
    },
    tagProvisioned: async ({ params, body }, visitor) => {
      const [world, actor] = as(visitor);
      const resourceARN = await arnOf(world, actor, params.provisioned_id);
      return tagged(world, actor, { resourceARN, tags: body.tags, dryRun: body.dry_run });
    },
    untagProvisioned: async ({ params, query }, visitor) => {
      const [world, actor] = as(visitor);
      const resourceARN = await arnOf(world, actor, params.provisioned_id);
      return untagged(world, actor, resourceARN, query);
    },
    listFoundationModels: async ({ query }, visitor) => {
      const answer = granted(
        await listModels(...as(visitor), {
          byProvider: query.provider,
          byInferenceType: query.inference_type,
          byOutputModality: query.output_modality,
        }),
      );
      return { status: 200, body: { models: objectsIn(answer, 'modelSummaries').map(toApiModel) } };
    },
    getFoundationModel: async ({ params }, visitor) => {
      const data = { modelIdentifier: params.model_id };
      const answer = granted(await getModel(...as(visitor), data));
      const [details] = objectsIn({ details: [answer['modelDetails']] }, 'details');
      return { status: 200, body: toApiModel(details ?? answer) };
    },
  };
}

/** What a request to buy says, in AWS's names. */
function purchaseOf(body: ApiRequest<'createProvisionedThroughput'>['body']): JsonObject {
  const { commitment } = body;
  return {
    modelId: body.model_id,
    modelUnits: body.model_units,
    commitmentDuration: commitment === undefined ? undefined : COMMITMENTS[commitment],
    provisionedModelName: body.name,
    tags: body.tags,
    clientRequestToken: body.client_token,
    confirmation: body.confirmation,
    dryRun: body.dry_run,
  };
}

function toApiBought(answer: JsonObject): ApiAnswer<'createProvisionedThroughput'> {
  if (answer['dryRun'] !== true) {
    const arn = answer['provisionedModelArn'];
    const provisioned_model_arn = typeof arn === 'string' ? arn : null;
    const provisioned_id = idOf(arn);
    const body = { dry_run: false, provisioned_id, provisioned_model_arn, plan: null };
    return { status: 201, body };
  }
  const body = { provisioned_id: null, provisioned_model_arn: null, plan: planOf(answer) };
  return { status: 200, body: { dry_run: true, ...body } };
}

/** What a dry run answers with; the core has made it. */
interface DryRun {
  readonly request: {
    readonly provisionedModelName: string;
    readonly modelId: string;
    readonly modelUnits: number;
    readonly commitmentDuration?: string;
    readonly tags: readonly { readonly key: string; readonly value: string }[];
  };
  readonly price?: NonNullable<NonNullable<Plan>['price']>;
  readonly confirmation_token?: string;
  readonly expires_at?: string;
}

function planOf(answer: JsonObject): Plan {
  // The core made the answer: it has this form.
  const { request, price = null, confirmation_token, expires_at } = answer as unknown as DryRun;
  const asks = confirmation_token !== undefined && expires_at !== undefined;
  return {
    name: request.provisionedModelName,
    model_id: request.modelId,
    model_units: request.modelUnits,
    commitment: toApiCommitment(request.commitmentDuration),
    tags: Object.fromEntries(request.tags.map(({ key, value }) => [key, value])),
    price,
    confirmation: asks ? { token: confirmation_token, expires_at } : null,
  };
}

async function arnOf(world: ProvisioningWorld, actor: Actor, called: string): Promise<unknown> {
  const item = granted(await getThroughput(world, actor, { provisionedModelId: called }));
  return item['provisionedModelArn'];
}

/** Tags of what was found, by name. */
export async function tagsByName(
  world: ProvisioningWorld,
  actor: Actor,
  arn: unknown,
): Promise<Tags> {
  const answer = granted(await listTags(world, actor, { resourceARN: arn }));
  return Object.fromEntries(
    objectsIn(answer, 'tags').map(({ key, value }) => [String(key), String(value)]),
  );
}

/** Tags something and shows what it has then. */
export async function tagged(
  world: ProvisioningWorld,
  actor: Actor,
  data: JsonObject,
): Promise<{ status: 200; body: { tags: Tags } }> {
  granted(await tagResource(world, actor, data));
  return { status: 200, body: { tags: await tagsByName(world, actor, data['resourceARN']) } };
}

export async function untagged(
  world: ProvisioningWorld,
  actor: Actor,
  resourceARN: unknown,
  query: { readonly names: string; readonly dry_run?: boolean },
): Promise<{ status: 204; body: undefined }> {
  const data = { resourceARN, tagKeys: query.names.split(','), dryRun: query.dry_run };
  granted(await untagResource(world, actor, data));
  return { status: 204, body: undefined };
}

/** Members of a query that every list here has, in the names of the core. */
export function listedBy(query: {
  readonly user_id?: string;
  readonly tag?: string;
  readonly limit?: number;
  readonly cursor?: string;
}): JsonObject {
  const asked = query.tag?.split(',') ?? [];
  const pairs = asked.flatMap((each) => {
    const at = each.indexOf('=');
    return at < 0 ? [] : [[each.slice(0, at), each.slice(at + 1)] as const];
  });
  return {
    userId: query.user_id,
    tags: Object.fromEntries(pairs),
    tagKeys: asked.filter((each) => !each.includes('=')),
    maxResults: query.limit ?? PAGE_LIMIT_DEFAULT,
    nextToken: query.cursor,
  };
}

export function cursorOf(page: JsonObject): string | null {
  const token = page['nextToken'];
  return typeof token === 'string' ? token : null;
}

/** A list of objects of AWS's answer. */
export function objectsIn(answer: JsonObject, name: string): readonly JsonObject[] {
  const items: readonly unknown[] = Array.isArray(answer[name]) ? answer[name] : [];
  return items.filter((item): item is JsonObject => typeof item === 'object' && item !== null);
}
