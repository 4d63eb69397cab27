/** Budgets: create, replace, read with their present window, list and delete. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiRequest,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import {
  formatUsd,
  parseUsd,
  remaining,
  thresholdsOf,
  totalExcess,
  type Budget,
  type BudgetMatch,
  type BudgetScope,
  type BudgetUnit,
} from '@tollkeeper/core';
import { isQuotaBudget } from '../keeper/quota-budgets.ts';
import type { BudgetState } from '../ports/ledger-store.ts';
import { narrow, principalOf, seesBudget, type Visitor } from './access.ts';
import { applicationOf } from './applications.ts';
import { auditStamp } from './audit-record.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, invalidMember, notFound } from './fault.ts';
import { anyKey } from './key-record.ts';
import { organizationOf } from './organizations.ts';
import { fromApiTimeZone, toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['budgets'];
type Body = ApiRequest<'putBudget'>['body'];
type ApiBudget = ApiResult<'getBudget'>;

/** Largest limit in any unit: what 64 bits hold (9,223,372 USD), so that every store can. */
const AMOUNT_MAX = 2n ** 63n - 1n;

export function budgetHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    putBudget: async ({ params, body }, visitor) => {
      refuseQuota(params.budget_id);
      const budget = await fromApi(deps, params.budget_id, body);
      const at = deps.clock.now();
      const before = (await deps.ledger.budgets(at)).find(named(params.budget_id));
      if (before !== undefined && before.budget.scope.org_id !== budget.scope.org_id) {
        throw new Fault('ALREADY_EXISTS', 'A budget of another organization has this id.');
      }
      const state = await deps.ledger.putBudget({
        budget,
        at,
        audit: auditStamp(deps, visitor),
      });
      return { status: before === undefined ? 201 : 200, body: toApi(state) };
    },
    getBudget: async ({ params }, visitor) => {
      const state = (await visible(deps, visitor, undefined)).find(named(params.budget_id));
      if (state === undefined) throw notFound('The budget');
      const at = await deps.forecasts.exhaustsAt(state);
      const exhausts_at = at === null ? null : toApiTime(at);
      return { status: 200, body: { ...toApi(state), exhausts_at } };
    },
    listBudgets: async ({ query }, visitor) => {
      const { limit = PAGE_LIMIT_DEFAULT, cursor } = query;
      const { org_id } = narrow(
        visitor,
        query.org_id === undefined ? {} : { org_id: query.org_id },
      );
      const states = [...(await visible(deps, visitor, org_id))]
        .sort((a, b) => (a.budget.budget_id < b.budget.budget_id ? -1 : 1))
        .filter(({ budget }) => cursor === undefined || budget.budget_id > cursor);
      const shown = states.slice(0, limit);
      const last = shown.at(-1)?.budget.budget_id ?? null;
      const next_cursor = states.length > shown.length ? last : null;
      return { status: 200, body: { budgets: shown.map(toApi), next_cursor } };
    },
    deleteBudget: async ({ params }, visitor) => {
      refuseQuota(params.budget_id);
      const audit = auditStamp(deps, visitor);
      if (!(await deps.ledger.removeBudget(params.budget_id, audit))) throw notFound('The budget');
      return { status: 204, body: undefined };
    },
  };
}

/** Quotas change with their organization and application, and not behind their backs. */
function refuseQuota(budgetId: string): void {
  if (!isQuotaBudget(budgetId)) return;
  throw new Fault(
    'INVALID_CONFIG',
    'The budget belongs to the quotas of the organization: change `quotas` there.',
  );
}

function named(budgetId: string): (state: BudgetState) => boolean {
  return ({ budget }) => budget.budget_id === budgetId;
}

async function visible(
  deps: AdminDependencies,
  visitor: Visitor,
  orgId: string | undefined,
): Promise<readonly BudgetState[]> {
  const principal = principalOf(visitor);
  if (principal === null) return deps.ledger.budgets(deps.clock.now(), orgId);
  const states = await deps.ledger.budgets(deps.clock.now(), principal.org_id);
  return states.filter(({ budget }) => seesBudget(principal, budget));
}

async function fromApi(deps: AdminDependencies, budgetId: string, body: Body): Promise<Budget> {
  const scope = fromApiScope(body.scope);
  const organization = await organizationOf(deps, scope.org_id);
  if (scope.type === 'application') await applicationOf(deps, scope.org_id, scope.app_id);
  if (scope.type === 'key') await checkKey(deps, scope, body.scope.app_id);
  const { alert_thresholds_pct: thresholds } = body;
  return {
    budget_id: budgetId,
    scope,
    match: fromApiMatch(body.match),
    limit: { unit: body.limit.unit, amount: fromApiAmount(body.limit) },
    window: body.window,
    timezone: fromApiTimeZone('body.timezone', body.timezone ?? organization.timezone),
    mode: body.mode ?? 'enforce',
    ...(thresholds === undefined ? {} : { alert_thresholds_pct: thresholds }),
  };
}

async function checkKey(
  deps: AdminDependencies,
  scope: { readonly org_id: string; readonly key_id: string },
  appId: string | undefined,
): Promise<void> {
  const key = await anyKey(deps, scope.key_id);
  const agrees = appId === undefined || key?.app_id === appId;
  if (key?.org_id !== scope.org_id || !agrees) throw notFound('The key');
}

/** Ids that each kind of scope needs, beside the organization's. */
const SCOPE_IDS = {
  organization: { needs: null, allows: [] },
  application: { needs: 'app_id', allows: ['app_id'] },
  user: { needs: 'user_id', allows: ['user_id'] },
  // A key belongs to one application; whoever names that too must name the right one.
  key: { needs: 'key_id', allows: ['key_id', 'app_id'] },
} as const;

function fromApiScope(scope: Body['scope']): BudgetScope {
  const { type } = scope;
  const org_id = scope.org_id.toLowerCase();
  const { needs, allows } = SCOPE_IDS[type];
  for (const id of ['app_id', 'user_id', 'key_id'] as const) {
    const allowed = allows.some((each) => each === id);
    if (scope[id] !== undefined && !allowed) {
      throw invalidMember(`body.scope.${id}`, `does not belong to a scope of type ${type}`);
    }
  }
  if (type === 'organization') return { type, org_id };
  const id = scope[needs ?? 'app_id'];
  if (id === undefined) throw invalidMember(`body.scope.${needs}`, `is missing for type ${type}`);
  if (type === 'application') return { type, org_id, app_id: id };
  return type === 'user' ? { type, org_id, user_id: id } : { type, org_id, key_id: id };
}

function fromApiMatch(match: Body['match']): BudgetMatch | null {
  if (match === undefined) return null;
  const { label, model_id } = match;
  if (label !== undefined && model_id === undefined) return { label };
  if (model_id !== undefined && label === undefined) return { model_id };
  throw invalidMember('body.match', 'must have either label or model_id');
}

function fromApiAmount(limit: Body['limit']): bigint {
  const amount =
    limit.unit === 'usd'
      ? parseUsd(limit.amount)
      : /^\d+$/.test(limit.amount)
        ? BigInt(limit.amount)
        : undefined;
  const member = 'body.limit.amount';
  if (amount === undefined) throw invalidMember(member, `must be a whole number of ${limit.unit}`);
  if (amount > AMOUNT_MAX) {
    throw invalidMember(member, `must be at most ${figure(limit.unit, AMOUNT_MAX)}`);
  }
  return amount;
}

/** A figure in the budget's unit: exact decimal USD, or a whole number. */
function figure(unit: BudgetUnit, amount: bigint): string {
  return unit === 'usd' ? formatUsd(amount) : amount.toString();
}

function toApi(state: BudgetState): ApiBudget {
  const { budget, balance, window_start, resets_at } = state;
  const { unit, amount } = budget.limit;
  const print = (value: bigint): string => figure(unit, value);
  const { over_bound, submitted, correction, limit_lowered } = balance.excess;
  return {
    budget_id: budget.budget_id,
    scope: budget.scope,
    match: budget.match,
    limit: { unit, amount: print(amount) },
    window: budget.window,
    timezone: budget.timezone,
    mode: budget.mode,
    alert_thresholds_pct: [...thresholdsOf(budget)],
    spent: print(balance.posted - balance.ceiling),
    ceiling: print(balance.ceiling),
    held: print(balance.held),
    remaining: print(remaining(budget, balance)),
    high_water: print(balance.high_water),
    excess: print(totalExcess(balance.excess)),
    excess_by: {
      over_bound: print(over_bound),
      submitted: print(submitted),
      correction: print(correction),
      limit_lowered: print(limit_lowered),
    },
    window_start: budget.window === 'total' ? null : toApiTime(window_start),
    resets_at: resets_at === null ? null : toApiTime(resets_at),
  };
}
