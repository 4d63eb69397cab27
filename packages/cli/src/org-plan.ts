/**
 * What applying a file would do: each thing that it states against what is there, member by member.
 * A file states everything: what it leaves out is the default or inherited. Two things stay as they
 * are when they are left out, because what is there may come from elsewhere or cannot change: time
 * zones and the number of shards. What the file does not mention at all is left alone.
 */
import { ApiError, type ApiResult, type Client } from '@tollkeeper/contract';
import type { Stated, StatedOrganization } from './org-file.ts';

/** One member that is not as the file says. */
export interface MemberChange {
  /** With dots, such as `quotas.premium`. */
  readonly member: string;
  /** As JSON; null: not set. */
  readonly before: string | null;
  readonly after: string | null;
}

/** One thing of the file. */
export interface PlannedThing {
  readonly kind: 'organization' | 'application' | 'budget';
  readonly id: string;
  readonly org_id: string;
  readonly action: 'create' | 'change' | 'none';
  readonly changes: readonly MemberChange[];
  /** What is sent, should it be. */
  readonly body: Stated;
}

export interface Plan {
  /** In the order in which they are to be made. */
  readonly things: readonly PlannedThing[];
  /** What is there and not in the file, such as `application web`. */
  readonly unmentioned: readonly string[];
}

/** Members that stay as they are when a file leaves them out. */
const STAYING = ['timezone', 'overrides.agg_shard_count'];

/** What a member that is left out is; all others are not set. */
const DEFAULTS: Readonly<Record<PlannedThing['kind'], Stated>> = {
  organization: {},
  application: {},
  budget: { mode: 'enforce', alert_thresholds_pct: [50, 80, 95, 100] },
};

const NOT_FOUND = 404;

/** Compares a file with what is there. Rejects as the client does. */
export async function planOf(
  client: Client,
  organizations: readonly StatedOrganization[],
): Promise<Plan> {
  const things: PlannedThing[] = [];
  const unmentioned: string[] = [];
  for (const organization of organizations) {
    const { org_id } = organization;
    const params = { org_id };
    const present = await found(client.getOrganization({ params }));
    things.push(planned('organization', org_id, org_id, organization.body, present));
    for (const { app_id, body } of organization.applications) {
      const asked = { params: { org_id, app_id } };
      const there = present && (await found(client.getApplication(asked)));
      things.push(planned('application', app_id, org_id, body, there));
    }
    for (const { budget_id, body } of organization.budgets) {
      const there = await found(client.getBudget({ params: { budget_id } }));
      things.push(planned('budget', budget_id, org_id, body, there));
    }
    if (present !== undefined) unmentioned.push(...(await othersOf(client, organization)));
  }
  return { things, unmentioned };
}

/** Undefined when there is no such thing. */
async function found<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ApiError && error.status === NOT_FOUND) return undefined;
    throw error;
  }
}

async function othersOf(
  client: Client,
  { org_id, applications, budgets }: StatedOrganization,
): Promise<string[]> {
  const apps = new Set(applications.map(({ app_id }) => app_id));
  const own = new Set(budgets.map(({ budget_id }) => budget_id));
  const others: string[] = [];
  const params = { org_id };
  for (let query: { cursor?: string } | undefined = {}; query !== undefined;) {
    const page: ApiResult<'listApplications'> = await client.listApplications({ params, query });
    for (const { app_id } of page.applications) {
      if (!apps.has(app_id)) others.push(`application ${app_id}`);
    }
    query = next(page);
  }
  for (let query: { cursor?: string } | undefined = {}; query !== undefined;) {
    const page: ApiResult<'listBudgets'> = await client.listBudgets({
      query: { org_id, ...query },
    });
    for (const { budget_id } of page.budgets) {
      // Those of quotas follow from the organization and its applications.
      if (!own.has(budget_id) && !budget_id.includes(':')) others.push(`budget ${budget_id}`);
    }
    query = next(page);
  }
  return others.map((other) => `${other} of ${org_id}`);
}

/** What asks for the page after; undefined after the last. */
function next(page: { readonly next_cursor: string | null }): { cursor?: string } | undefined {
  return page.next_cursor === null ? undefined : { cursor: page.next_cursor };
}

/** Compares one thing. `present` is as the API reads it; undefined when it is not there. */
export function planned(
  kind: PlannedThing['kind'],
  id: string,
  org_id: string,
  stated: Stated,
  present: object | undefined,
): PlannedThing {
  const there = leavesOf(present ?? {});
  const wanted = leavesOf({ ...(present === undefined ? {} : DEFAULTS[kind]), ...stated });
  const body =
    present !== undefined && stated['timezone'] === undefined && 'timezone' in present
      ? { ...stated, timezone: present.timezone }
      : stated;
  if (present === undefined) {
    const changes = [...wanted].map(([member, after]) => ({ member, before: null, after }));
    return { kind, id, org_id, action: 'create', changes, body };
  }
  const known = settable(kind, wanted, there);
  const changes = known.flatMap((member) => {
    const before = there.get(member) ?? null;
    const after = wanted.get(member) ?? null;
    const stays = after === null && STAYING.includes(member);
    return before === after || stays ? [] : [{ member, before, after }];
  });
  return { kind, id, org_id, action: changes.length === 0 ? 'none' : 'change', changes, body };
}

/** Members that a file can state, by their first name; figures and times are not among them. */
const SETTABLE: Readonly<Record<PlannedThing['kind'], readonly string[]>> = {
  organization: [
    'org_name',
    'tenant_id',
    'timezone',
    'rate_limits',
    'key_policy',
    'quota_scope',
    'model_ordering',
    'quotas',
    'overrides',
  ],
  application: ['app_name', 'rate_limits', 'model_ordering', 'quotas', 'overrides'],
  budget: ['scope', 'match', 'limit', 'window', 'timezone', 'mode', 'alert_thresholds_pct'],
};

function settable(
  kind: PlannedThing['kind'],
  wanted: ReadonlyMap<string, string>,
  there: ReadonlyMap<string, string>,
): readonly string[] {
  const names = SETTABLE[kind];
  const ofName = (name: string, members: Iterable<string>): string[] =>
    [...members].filter((member) => member === name || member.startsWith(`${name}.`));
  const both = names.flatMap((name) => [
    ...ofName(name, wanted.keys()),
    ...ofName(name, there.keys()),
  ]);
  // What the schema takes and this list does not know yet is compared all the same.
  return [...new Set([...both, ...wanted.keys()])];
}

/** Every value with its path, as JSON; lists are values, and what is null or empty is not there. */
function leavesOf(value: object, prefix = ''): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [name, each] of Object.entries(value) as [string, unknown][]) {
    const path = prefix + name;
    if (each === null || each === undefined) continue;
    if (typeof each === 'object' && !Array.isArray(each)) {
      for (const [inner, leaf] of leavesOf(each, `${path}.`)) leaves.set(inner, leaf);
    } else {
      leaves.set(path, JSON.stringify(path === 'limit.amount' ? decimal(each) : each));
    }
  }
  return leaves;
}

/** `10.50` and `10.5` are one amount. */
function decimal(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const short = value.includes('.') ? value.replace(/\.?0+$/, '') : value;
  return short.replace(/^0+(?=\d)/, '');
}
