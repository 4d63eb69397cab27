/**
 * A month of provisioned throughput: its hours, what they cost, and whose they were. It is made
 * from the entries of the ledger on every reading, so that a correction is in it at once.
 */
import type { ApiRequest, ApiResult, Handlers, RESOURCES } from '@tollkeeper/contract';
import {
  formatUsd,
  splitPool,
  type PicoUsd,
  type PoolShare,
  type PoolSplit,
} from '@tollkeeper/core';
import type { PoolRecord } from '../catalog/pool-records.ts';
import type { SummaryGroup } from '../ports/ledger-store.ts';
import { pricesOfPool } from '../prices/unit-hours.ts';
import { principalOf, type Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault } from './fault.ts';
import { poolOf } from './provisioned-pools.ts';
import { actorOf, worldFor } from './provisioned-world.ts';
import { toApiTime } from './time.ts';
import { unitHourPriceHandlers } from './unit-hour-prices.ts';

const DAY_MS = 86_400_000;

type Names = keyof (typeof RESOURCES)['provisionedMonths'];
type Month = ApiResult<'getProvisionedMonth'>;
type Line = Month['lines'][number];
type By = NonNullable<ApiRequest<'getProvisionedMonth'>['query']['by']>;

/** Who a line is of. */
type Party = Pick<Line, 'org_id' | 'app_id' | 'user_id' | 'key_id'>;

/** By what a share is grouped, each with whatever it belongs to. */
const WITHIN: { readonly [by in By]: readonly By[] } = {
  org_id: ['org_id'],
  app_id: ['org_id', 'app_id'],
  user_id: ['org_id', 'app_id', 'user_id'],
  key_id: ['org_id', 'app_id', 'key_id'],
};

export function provisionedMonthHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    ...unitHourPriceHandlers(deps),
    getProvisionedMonth: async ({ params, query }, visitor) => {
      // A share says what all others have used: that is for those who see all.
      if (principalOf(visitor) !== null) {
        throw new Fault('FORBIDDEN', 'This shows the use of all organizations.');
      }
      const world = worldFor(deps, visitor);
      const pool = await poolOf(deps, world, actorOf(visitor), params.provisioned_id);
      const { from, to } = spanOf(params.month);
      const now = deps.clock.now();
      const groups = await usesOf(deps, pool.arn, query.by ?? 'org_id', { from, to });
      const split = splitPool(
        {
          units: pool.model_units,
          created_at: Date.parse(pool.created_at),
          deleted_at: pool.deleted_at === null ? null : Date.parse(pool.deleted_at),
          prices: await pricesOfPool(deps.catalog, pool),
        },
        { from, to },
        now,
        groups.map(useOf),
      );
      const { entryDays = Infinity } = deps.provisioned;
      const uses_complete = from >= now - entryDays * DAY_MS;
      const span = { from: toApiTime(from), to: toApiTime(to), complete: now >= to, uses_complete };
      return { status: 200, body: { month: params.month, ...span, ...toApi(pool, split) } };
    },
  };
}

/** The month that begins and the one after it, in UTC. */
function spanOf(month: string): { readonly from: number; readonly to: number } {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return { from: monthStart(year, number - 1), to: monthStart(year, number) };
}

function monthStart(year: number, index: number): number {
  const text = `${String(year + Math.floor(index / 12)).padStart(4, '0')}-`;
  return Date.parse(`${text}${String((index % 12) + 1).padStart(2, '0')}-01T00:00:00Z`);
}

async function usesOf(
  deps: AdminDependencies,
  arn: string,
  by: By,
  span: { readonly from: number; readonly to: number },
): Promise<readonly SummaryGroup[]> {
  const group_by = [...WITHIN[by], 'hour'] as const;
  return (await deps.ledger.summary({ model_id: arn, ...span, group_by })).groups;
}

function useOf(group: SummaryGroup): Parameters<typeof splitPool>[3][number] {
  const { hour, ...keys } = group.keys;
  return {
    party: JSON.stringify(keys),
    hour: Date.parse(hour ?? ''),
    tokens:
      group.input_tokens +
      group.output_tokens +
      group.cache_read_input_tokens +
      group.cache_write_5m_input_tokens +
      group.cache_write_30m_input_tokens +
      group.cache_write_1h_input_tokens,
    requests: group.requests,
    unknown: group.unknown_entries,
  };
}

function toApi(
  pool: PoolRecord,
  split: PoolSplit,
): Omit<Month, 'month' | 'from' | 'to' | 'complete' | 'uses_complete'> {
  const { arn, name, model_id, model_units, commitment, created_at, deleted_at, deletion } = pool;
  const { hours, used_hours, idle_hours, basis, weight } = split;
  return {
    ...{ provisioned_model_arn: arn, name, model_id, model_units, commitment },
    ...{ created_at, deleted_at, deletion },
    priced: split.cost === null ? 'no' : 'yes',
    ...{ hours, used_hours, idle_hours, unit_hours: hours * model_units },
    unit_hour_prices: split.priced_hours.map(({ price, hours: count }) => ({
      unit_hour_usd: usd(price),
      hours: count,
      cost_usd: price === null ? null : usd(price * BigInt(count * model_units)),
    })),
    cost_usd: usd(split.cost),
    used_cost_usd: usd(split.used_cost),
    idle_cost_usd: usd(split.idle_cost),
    ...{ basis, weight },
    lines: [...split.shares.map((share) => useLine(split, share)), idleLine(split)],
    total: totalOf(pool, split),
  };
}

function totalOf({ model_units }: PoolRecord, split: PoolSplit): Month['total'] {
  const sum = (of: (share: PoolShare) => number): number =>
    split.shares.reduce((total, share) => total + of(share), 0);
  const prices = split.priced_hours.map(({ price, hours }) => {
    return `${hours} at ${price === null ? 'no known price' : `${formatUsd(price)} USD`}`;
  });
  const units = counted(model_units, 'model unit');
  const by = prices.length === 0 ? '' : `: ${prices.join(', ')} an hour for each`;
  return {
    tokens: sum(({ tokens }) => Math.max(0, tokens)),
    requests: sum(({ requests }) => requests),
    unknown_requests: sum(({ unknown }) => unknown),
    cost_usd: usd(split.cost),
    explanation: `${counted(split.hours, 'hour')} of ${units}${by}.`,
  };
}

function useLine(split: PoolSplit, share: PoolShare): Line {
  const { tokens, requests, unknown, weight } = share;
  const { basis, used_hours, weight: all, used_cost } = split;
  const share_pct = percent(weight, all);
  const of = used_cost === null ? 'without a price' : `which cost ${formatUsd(used_cost)} USD`;
  return {
    kind: 'use',
    // Made by `useOf`.
    ...(JSON.parse(share.party) as Party),
    tokens: Math.max(0, tokens),
    ...{ requests, unknown_requests: unknown, weight, share_pct },
    cost_usd: usd(share.cost),
    explanation:
      `${weight} of ${all} ${basis} (${share_pct} %) ` +
      `in the ${counted(used_hours, 'hour')} of use, ${of}.`,
  };
}

function idleLine({ hours, idle_hours, idle_cost }: PoolSplit): Line {
  const share_pct = percent(idle_hours, hours);
  return {
    ...{ kind: 'idle', tokens: 0, requests: 0, unknown_requests: 0, weight: 0 },
    ...{ share_pct, cost_usd: usd(idle_cost) },
    explanation:
      `${idle_hours} of ${counted(hours, 'hour')} (${share_pct} %), ` +
      'in which nothing was used.',
  };
}

/** A number of things in words. */
function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

function usd(amount: PicoUsd | null): string | null {
  return amount === null ? null : formatUsd(amount);
}

/** With four decimals, truncated. */
function percent(part: number, whole: number): string {
  if (whole === 0) return '0.0000';
  const scaled = (BigInt(part) * 1_000_000n) / BigInt(whole);
  return `${scaled / 10_000n}.${String(scaled % 10_000n).padStart(4, '0')}`;
}
