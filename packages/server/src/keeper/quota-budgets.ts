/**
 * Quotas are budgets: for each label of a chain one of the organization and one of each of its
 * applications, in USD, for a day of the organization's time zone. Both kinds always exist, and
 * usage posts to both; those of the scope that counts enforce, the others only count. So a change
 * of scope is right at once.
 *
 * The documents of organizations and applications say what the quotas are; this makes the budgets
 * follow. Whatever stopped it half-way, the next run puts right.
 */
import { picoOfMicro, type Budget, type BudgetScope } from '@tollkeeper/core';
import {
  applicationDocument,
  type ApplicationRecord,
  type OrganizationRecord,
} from '../catalog/records.ts';
import type { CatalogItem, CatalogKind, CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { KeeperDefaults } from '../config/keeper-defaults.ts';
import { effectiveConfig, type EffectiveConfig } from './effective.ts';
import type { ModelLabels } from '../config/model-labels.ts';

/** Ids that callers choose have no colon, so that nobody can take one of these. */
const PREFIX = 'quota:';

/** Id of the budget of a label's quota; `appId` null: the organization's. */
export function quotaBudgetId(orgId: string, appId: string | null, label: string): string {
  return appId === null ? `${PREFIX}${orgId}:${label}` : `${PREFIX}${orgId}:${appId}:${label}`;
}

/** Whether a budget belongs to the quotas of an organization. */
export function isQuotaBudget(budgetId: string): boolean {
  return budgetId.startsWith(PREFIX);
}

/** Id of the budget that counts for a label under a configuration. */
export function countedBudgetId(config: EffectiveConfig, label: string): string {
  const { org_id, app_id, quota_scope } = config;
  return quotaBudgetId(org_id, quota_scope === 'APP' ? app_id : null, label);
}

/** The budget that counts for a label under a configuration; undefined: none does. */
export function countedBudget(config: EffectiveConfig, label: string): Budget | undefined {
  const id = countedBudgetId(config, label);
  const appId = config.quota_scope === 'APP' ? config.app_id : null;
  return budgetsOf(config, appId).find(({ budget_id }) => budget_id === id);
}

export interface QuotaBudgetParts {
  readonly catalog: CatalogStore;
  readonly ledger: LedgerStore;
  readonly clock: Clock;
  readonly defaults: KeeperDefaults;
  /** Labels that there are; quotas of others may be left over. */
  readonly labels: ModelLabels;
}

/** Documents of one page of the catalogue. */
const PAGE = 500;
/** Budgets written at the same time. */
const AT_ONCE = 100;
/** How often it looks again because settings changed meanwhile. */
const TRIES_MAX = 20;
/** Applications that nobody registered whose budgets are known to be there. */
const ENSURED_MAX = 10_000;
/**
 * Applications of an organization that nobody registered which get budgets: its client names them
 * as it likes, and every process keeps budgets in memory.
 */
export const UNREGISTERED_MAX = 500;
/** How long an organization that has so many is not counted again for another one. */
const FULL_MS = 10_000;

/** See the head of the file. One per process. */
export class QuotaBudgets {
  readonly #parts: QuotaBudgetParts;
  readonly #ensured = new Map<string, EffectiveConfig>();
  /** Until when, on the monotonic clock, organizations count as having no room for another one. */
  readonly #full = new Map<string, number>();

  constructor(parts: QuotaBudgetParts) {
    this.#parts = parts;
  }

  /** Makes the budgets of an organization and its applications what their settings say. */
  reconcile(orgId: string): Promise<void> {
    return this.#settle(() => this.#wantedOf(orgId));
  }

  /** The same for one application, for which the others need not be read. */
  reconcileApplication(orgId: string, appId: string): Promise<void> {
    return this.#settle(() => this.#wantedOfApplication(orgId, appId));
  }

  /** Who writes last looks last: settings that changed in between are not overwritten. */
  async #settle(look: () => Promise<Wanted>): Promise<void> {
    let wrote: readonly Budget[] | undefined;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const wanted = await look();
      if (wrote !== undefined && isSame(wrote, wanted.budgets)) return;
      if (!(await this.#write(wanted))) return;
      wrote = wanted.budgets;
    }
  }

  /** The same for every organization, on start. */
  async reconcileAll(): Promise<void> {
    for await (const { value } of this.#all<OrganizationRecord>('organization')) {
      await this.reconcile(value.org_id);
    }
  }

  /**
   * Makes the budgets of an application that nobody registered, before its first usage. Undefined:
   * there is nothing to wait for, which is so for all others. False: the organization has too many
   * of that kind, and nothing was made.
   */
  ensure(config: EffectiveConfig): Promise<boolean> | undefined {
    const { org_id, app_id, app_registered, quota_scope, ordering } = config;
    if (app_registered || app_id === null || quota_scope !== 'APP') return undefined;
    if (ordering.length === 0 || this.#ensured.get(`${org_id}/${app_id}`) === config) {
      return undefined;
    }
    return this.#make(config, app_id);
  }

  /** By the settings as they are now: `config` may be of a moment before they changed. */
  async #make(config: EffectiveConfig, appId: string): Promise<boolean> {
    if (!(await this.#hasRoom(config, appId))) return false;
    await this.reconcileApplication(config.org_id, appId);
    if (this.#ensured.size >= ENSURED_MAX) this.#ensured.clear();
    this.#ensured.set(`${config.org_id}/${appId}`, config);
    return true;
  }

  /** Whether the application has budgets already, or may have some. */
  async #hasRoom({ org_id, ordering }: EffectiveConfig, appId: string): Promise<boolean> {
    const { ledger, clock } = this.#parts;
    const at = clock.now();
    const ids = ordering.map((label) => quotaBudgetId(org_id, appId, label));
    const own = await ledger.budgetStates(ids, at);
    if (own.some((state) => state !== undefined)) return true;
    if ((this.#full.get(org_id) ?? -Infinity) > clock.monotonic()) return false;
    const apps = new Set(
      (await ledger.budgets(at, org_id)).flatMap(({ budget: { budget_id, scope } }) =>
        isQuotaBudget(budget_id) && scope.type === 'application' ? [scope.app_id] : [],
      ),
    );
    if (apps.size < UNREGISTERED_MAX) return true;
    for await (const { value } of this.#all<ApplicationRecord>('application', org_id)) {
      apps.delete(value.app_id);
    }
    if (apps.size < UNREGISTERED_MAX) return true;
    if (this.#full.size >= ENSURED_MAX) this.#full.clear();
    this.#full.set(org_id, clock.monotonic() + FULL_MS);
    return false;
  }

  async #wantedOf(orgId: string): Promise<Wanted> {
    const { catalog, ledger, clock, defaults } = this.#parts;
    const at = clock.now();
    const [organization, states] = await Promise.all([
      catalog.get<OrganizationRecord>('organization', orgId),
      ledger.budgets(at, orgId),
    ]);
    const existing = states
      .map(({ budget }) => budget)
      .filter((each) => isQuotaBudget(each.budget_id));
    if (organization === undefined) return { budgets: [], existing, at };
    const registered = new Map<string, ApplicationRecord>();
    for await (const { value } of this.#all<ApplicationRecord>('application', orgId)) {
      registered.set(value.app_id, value);
    }
    // Applications that nobody registered keep the budgets that their first usage made.
    const seen = existing.flatMap(({ scope }) =>
      scope.type === 'application' ? [scope.app_id] : [],
    );
    const apps = new Set([...registered.keys(), ...seen]);
    const budgets = [
      ...budgetsOf(effectiveConfig(organization.value, undefined, null, defaults), null),
      ...[...apps].flatMap((appId) =>
        budgetsOf(
          effectiveConfig(organization.value, registered.get(appId), appId, defaults),
          appId,
        ),
      ),
    ];
    return { budgets, existing, at };
  }

  /** What the settings of one application ask for, beside its budgets as they are. */
  async #wantedOfApplication(orgId: string, appId: string): Promise<Wanted> {
    const { catalog, ledger, clock, defaults, labels } = this.#parts;
    const at = clock.now();
    const [organization, application] = await Promise.all([
      catalog.get<OrganizationRecord>('organization', orgId),
      catalog.get<ApplicationRecord>('application', applicationDocument(orgId, appId)),
    ]);
    if (organization === undefined) return { budgets: [], existing: [], at };
    const config = effectiveConfig(organization.value, application?.value, appId, defaults);
    const possible = [...new Set([...labels.keys(), ...config.ordering])];
    const ids = possible.map((label) => quotaBudgetId(orgId, appId, label));
    const states = await ledger.budgetStates(ids, at);
    const existing = states.flatMap((state) => (state === undefined ? [] : [state.budget]));
    return { budgets: budgetsOf(config, appId), existing, at };
  }

  /** False: there was nothing to write. */
  async #write({ budgets, existing, at }: Wanted): Promise<boolean> {
    const { ledger } = this.#parts;
    const there = new Map(existing.map((budget) => [budget.budget_id, textOf(budget)]));
    const changed = budgets.filter((each) => there.get(each.budget_id) !== textOf(each));
    const wanted = new Set(budgets.map(({ budget_id }) => budget_id));
    const gone = existing.filter(({ budget_id }) => !wanted.has(budget_id));
    await inGroups(changed, (budget) => ledger.putBudget({ budget, at }));
    await inGroups(gone, ({ budget_id }) => ledger.removeBudget(budget_id));
    return changed.length + gone.length > 0;
  }

  async *#all<T>(kind: CatalogKind, parent?: string): AsyncGenerator<CatalogItem<T>> {
    let cursor: string | undefined;
    do {
      const found: { items: readonly CatalogItem<T>[]; next_cursor: string | null } =
        await this.#parts.catalog.list<T>(kind, {
          limit: PAGE,
          ...(parent === undefined ? {} : { parent }),
          ...(cursor === undefined ? {} : { cursor }),
        });
      yield* found.items;
      cursor = found.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }
}

interface Wanted {
  readonly budgets: readonly Budget[];
  readonly existing: readonly Budget[];
  readonly at: number;
}

/** The budgets of one party: of the organization (`appId` null) or of one of its applications. */
function budgetsOf(config: EffectiveConfig, appId: string | null): readonly Budget[] {
  const { org_id, quota_scope, timezone } = config;
  const scope: BudgetScope =
    appId === null
      ? { type: 'organization', org_id }
      : { type: 'application', org_id, app_id: appId };
  const counts = quota_scope === (appId === null ? 'ORG' : 'APP');
  const labels = appId === null ? config.sticky_ordering : config.ordering;
  // A label that the organization gave up has no quota that could refuse what an application's own
  // ordering still counts on it: so the application's, which is nothing then, does.
  const givenUp = (label: string): boolean => !config.sticky_ordering.includes(label);
  return labels.map((label) => ({
    budget_id: quotaBudgetId(org_id, appId, label),
    scope,
    match: { label },
    limit: { unit: 'usd', amount: picoOfMicro(config.quotas.get(label) ?? 0) },
    window: 'day',
    timezone,
    mode: counts || givenUp(label) ? 'enforce' : 'warn',
    // What only counts alerts nobody.
    ...(counts ? {} : { alert_thresholds_pct: [] }),
  }));
}

function textOf(budget: Budget): string {
  const { budget_id, scope, match, limit, window, timezone, mode, alert_thresholds_pct } = budget;
  const ids = [scope.org_id, 'app_id' in scope ? scope.app_id : null, match];
  return JSON.stringify([
    ...[budget_id, scope.type, ids, limit.unit, limit.amount.toString()],
    ...[window, timezone, mode, alert_thresholds_pct ?? null],
  ]);
}

function isSame(some: readonly Budget[], others: readonly Budget[]): boolean {
  return JSON.stringify(some.map(textOf)) === JSON.stringify(others.map(textOf));
}

async function inGroups<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    await Promise.all(items.slice(from, from + AT_ONCE).map(work));
  }
}
