/**
 * The memory of provisioned capacity: how many units, bought when, gone when. It is kept when
 * something is bought or deleted here and whenever a month is read, because AWS forgets what was
 * deleted, while its hours are still to be split.
 */
import {
  getThroughput,
  parseBedrockArn,
  type Actor,
  type JsonObject,
  type ProvisioningWorld,
  type Registry,
} from '@tollkeeper/core';
import type { PoolRecord, Term } from '../catalog/pool-records.ts';
import { NO_PARENT } from '../catalog/records.ts';
import type { CatalogItem } from '../ports/catalog-store.ts';
import type { AdminDependencies } from './dependencies.ts';
import { faultOf } from './provisioned-fault.ts';
import { toApiTime } from './time.ts';

const KIND = 'provisioned_pool';
const KEY = 'provisioned-model';

type Parts = Pick<AdminDependencies, 'catalog' | 'clock'>;

/** The same registry, which also remembers when capacity began and ended. */
export function keepingPools(deps: Parts, registry: Registry): Registry {
  return {
    ...registry,
    made: async (making, arn) => {
      await registry.made(making, arn);
      if (making.resource !== KEY) return;
      await keep(deps, arn, (before) => before ?? bought(arn, making.request, deps.clock.now()));
    },
    deleted: async (arn) => {
      const deleted_at = toApiTime(deps.clock.now());
      await keep(deps, arn, (before) =>
        before === undefined ? undefined : { ...before, deleted_at, deletion: 'made_here' },
      );
      await registry.deleted(arn);
    },
  };
}

/**
 * Capacity by its id, name or ARN: as AWS has it, else as it was remembered. Throws a `Fault` when
 * neither knows it, or AWS does not answer and nothing is remembered.
 */
export async function poolOf(
  deps: Parts,
  world: ProvisioningWorld,
  actor: Actor,
  called: string,
): Promise<PoolRecord> {
  const kept = (await find(deps, called))?.value;
  if (kept !== undefined && kept.deleted_at !== null) return kept;
  const answer = await getThroughput(world, actor, { provisionedModelId: called });
  if (answer.kind === 'done') {
    const seen = described(answer.value);
    return (await keep(deps, seen.arn, (before) => ({ ...before, ...seen }))) ?? seen;
  }
  if (kept === undefined) throw faultOf(answer);
  if (answer.status !== 404) return kept;
  const gone = { deleted_at: toApiTime(deps.clock.now()), deletion: 'noticed' } as const;
  const ended = await keep(deps, kept.arn, (before) => ({ ...(before ?? kept), ...gone }));
  return ended ?? kept;
}

async function find(deps: Parts, called: string): Promise<CatalogItem<PoolRecord> | undefined> {
  const parsed = parseBedrockArn(called);
  const item = await deps.catalog.get<PoolRecord>(KIND, parsed?.id ?? called);
  return parsed === undefined || item?.value.arn === called ? item : undefined;
}

/** How often a write is tried again because somebody else wrote the same document. */
const TRIES_MAX = 20;

/** Writes what `make` makes of the record as it is; what was ended stays so. */
async function keep(
  { catalog }: Parts,
  arn: string,
  make: (before: PoolRecord | undefined) => PoolRecord | undefined,
): Promise<PoolRecord | undefined> {
  const id = parseBedrockArn(arn)?.id ?? arn;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const item = await catalog.get<PoolRecord>(KIND, id);
    if (item !== undefined && item.value.deleted_at !== null) return item.value;
    const value = make(item?.value);
    if (value === undefined) return undefined;
    if (JSON.stringify(value) === JSON.stringify(item?.value)) return value;
    const expected = item?.revision ?? 0;
    const put = { kind: KIND, id, parent: NO_PARENT, value, expected, quiet: true } as const;
    if ((await catalog.put(put)).kind === 'put') return value;
  }
  throw new Error('The memory of provisioned capacity was not written: too many at once.');
}

/** What was asked of AWS, as capacity. */
function bought(arn: string, request: JsonObject, now: number): PoolRecord {
  const { provisionedModelName, modelId, modelUnits, commitmentDuration } = request;
  return {
    arn,
    name: textOf(provisionedModelName),
    model_id: textOf(modelId),
    foundation_model_id: null,
    model_units: unitsOf(modelUnits),
    commitment: termOf(commitmentDuration),
    created_at: toApiTime(now),
    deleted_at: null,
    deletion: null,
  };
}

/** What AWS says of a provisioned model, as capacity that is there. */
function described(item: JsonObject): PoolRecord {
  const created = Date.parse(textOf(item['creationTime']));
  const foundation = textOf(item['foundationModelArn']);
  return {
    arn: textOf(item['provisionedModelArn']),
    name: textOf(item['provisionedModelName']),
    model_id: modelOf(textOf(item['desiredModelArn'])),
    foundation_model_id: foundation === '' ? null : modelOf(foundation),
    model_units: unitsOf(item['modelUnits']),
    commitment: termOf(item['commitmentDuration']),
    created_at: toApiTime(Number.isNaN(created) ? 0 : created),
    deleted_at: null,
    deletion: null,
  };
}

function modelOf(arn: string): string {
  return arn.replace(/^arn:aws[a-z-]*:bedrock:[a-z0-9-]+::foundation-model\//, '');
}

function termOf(commitment: unknown): Term {
  if (commitment === 'OneMonth') return 'one_month';
  return commitment === 'SixMonths' ? 'six_months' : 'none';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function unitsOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 1;
}
