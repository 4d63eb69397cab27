/**
 * The definitions of budgets that this process remembers, organization by organization, and the
 * revision of budgets that all of them are as of.
 *
 * A command is decided by them, and its transaction happens only while its instance has not been
 * told of a newer revision (see `lanes.ts`). So they need not be the newest, but they have to be of
 * one revision: that is why organizations are read and changes are applied one after the other.
 */
import { covers } from '@tollkeeper/core';
import type { Budget, BudgetScope, Subject } from '@tollkeeper/core';
import { changeOf, definitionOf } from './definition-item.ts';
import type { BudgetChange, Definition } from './definition-item.ts';
import { allItems } from '../items/item-pages.ts';
import type { Items } from '../items/items.ts';
import {
  BUDGET_CHANGES_PARTITION,
  budgetsPartition,
  changeSort,
  REVISIONS,
} from '../items/keys.ts';
import { budgetsRevision, type News } from '../groups/lanes.ts';
import { NotReady } from './not-ready.ts';

/** Organizations that are remembered; the one that was read first goes first. */
const ORGS_MAX = 20_000;
/** Changes that are read at most before it is cheaper to start anew. */
const CHANGES_MAX = 1_000;

/** The budgets of one organization. */
class OrgBudgets {
  readonly byId = new Map<string, Definition>();
  /** Candidates by the id that their scope names; whether they cover is asked of each. */
  readonly #byScope = new Map<string, readonly Definition[]>();

  set(definition: Definition): void {
    const { budget } = definition;
    this.remove(budget.budget_id);
    this.byId.set(budget.budget_id, definition);
    const scope = scopeName(budget.scope);
    this.#byScope.set(scope, [...(this.#byScope.get(scope) ?? []), definition]);
  }

  remove(budgetId: string): void {
    const before = this.byId.get(budgetId);
    if (before === undefined) return;
    this.byId.delete(budgetId);
    const scope = scopeName(before.budget.scope);
    const others = (this.#byScope.get(scope) ?? []).filter((other) => other !== before);
    if (others.length === 0) this.#byScope.delete(scope);
    else this.#byScope.set(scope, others);
  }

  covering({ app_id, user_id, key_id, ...rest }: Subject): Definition[] {
    const subject = { ...rest, app_id, user_id, key_id };
    const scopes = ['organization', `application ${app_id}`, `user ${user_id}`, `key ${key_id}`];
    return scopes
      .flatMap((scope) => this.#byScope.get(scope) ?? [])
      .filter(({ budget }) => covers(budget, subject))
      .sort(byBudgetId);
  }
}

export class Definitions implements News {
  readonly #items: Items;
  readonly #orgsMax: number;
  readonly #orgs = new Map<string, OrgBudgets>();
  /** One that is being read. It may be newer than what is known: nothing is decided by it yet. */
  #arriving: readonly [orgId: string, org: OrgBudgets] | undefined;
  /** In which organization a budget was last seen. */
  readonly #orgOf = new Map<string, string>();
  #known = 0;
  readonly #loading = new Map<string, Promise<void>>();
  /** What is being read and applied: one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(items: Items, orgsMax = ORGS_MAX) {
    this.#items = items;
    this.#orgsMax = orgsMax;
  }

  known(): number {
    return this.#known;
  }

  async catchUp(revision: number): Promise<void> {
    if (revision <= this.#known) return;
    await this.#inTurn(() => this.#catchUp(revision));
  }

  /** Reads the definitions of an organization, if they are not remembered. */
  async load(orgId: string): Promise<void> {
    if (this.#orgs.has(orgId)) return;
    const loading =
      this.#loading.get(orgId) ??
      this.#inTurn(() => this.#load(orgId)).finally(() => this.#loading.delete(orgId));
    this.#loading.set(orgId, loading);
    await loading;
  }

  /**
   * The budgets that cover a subject, in the order of their ids. Throws `NotReady` when those of
   * its organization have to be read first.
   */
  covering(subject: Subject): readonly Definition[] {
    return this.#of(subject.org_id).covering(subject);
  }

  /** A budget of an organization. Throws as `covering` does. */
  get(orgId: string, budgetId: string): Definition | undefined {
    return this.#of(orgId).byId.get(budgetId);
  }

  /** In which organization a budget is, as far as that is remembered. */
  orgOf(budgetId: string): string | undefined {
    const orgId = this.#orgOf.get(budgetId);
    return orgId !== undefined && this.#orgs.get(orgId)?.byId.has(budgetId) ? orgId : undefined;
  }

  #of(orgId: string): OrgBudgets {
    const org = this.#orgs.get(orgId);
    if (org === undefined) throw new NotReady({ kind: 'organization', org_id: orgId });
    return org;
  }

  async #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async #catchUp(revision: number): Promise<void> {
    if (revision <= this.#known) return;
    if (this.#orgs.size === 0 && this.#arriving === undefined) {
      this.#known = revision;
      return;
    }
    const found = await this.#items.query({
      pk: BUDGET_CHANGES_PARTITION,
      from: changeSort(this.#known + 1),
      limit: CHANGES_MAX,
    });
    const changes = found.map(changeOf);
    const isWhole =
      changes.every((change, index) => change.revision === this.#known + 1 + index) &&
      this.#known + changes.length >= revision;
    if (isWhole) for (const change of changes) this.#apply(change);
    else this.#forgetAll();
    this.#known = isWhole ? this.#known + changes.length : revision;
  }

  async #load(orgId: string): Promise<void> {
    if (this.#orgs.has(orgId)) return;
    if (this.#orgs.size === 0) await this.#catchUp(await this.#newest());
    const found = await allItems(this.#items, { pk: budgetsPartition(orgId) });
    const org = new OrgBudgets();
    for (const definition of found.map(definitionOf)) {
      org.set(definition);
      this.#orgOf.set(definition.budget.budget_id, orgId);
    }
    const newest = await this.#newest();
    // Some may be newer than others: all that changed until now is applied to all of them.
    this.#arriving = [orgId, org];
    try {
      await this.#catchUp(newest);
      // Not when everything has to be read anew.
      if (this.#arriving !== undefined) this.#orgs.set(orgId, org);
    } finally {
      this.#arriving = undefined;
    }
    if (this.#orgs.size <= this.#orgsMax) return;
    const [oldest] = this.#orgs.keys();
    if (oldest === undefined) return;
    for (const budgetId of this.#orgs.get(oldest)?.byId.keys() ?? []) this.#orgOf.delete(budgetId);
    this.#orgs.delete(oldest);
  }

  async #newest(): Promise<number> {
    const [revisions] = await this.#items.get([REVISIONS]);
    return budgetsRevision(revisions);
  }

  #forgetAll(): void {
    this.#orgs.clear();
    this.#orgOf.clear();
    this.#arriving = undefined;
  }

  #apply({ budget_id, definition }: BudgetChange): void {
    const orgId = definition?.budget.scope.org_id;
    this.#orgOf.delete(budget_id);
    const arriving = this.#arriving === undefined ? [] : [this.#arriving];
    for (const [id, org] of [...this.#orgs, ...arriving]) {
      if (id !== orgId || definition === null) {
        org.remove(budget_id);
        continue;
      }
      org.set(definition);
      this.#orgOf.set(budget_id, orgId);
    }
  }
}

function scopeName(scope: BudgetScope): string {
  switch (scope.type) {
    case 'organization':
      return 'organization';
    case 'application':
      return `application ${scope.app_id}`;
    case 'user':
      return `user ${scope.user_id}`;
    case 'key':
      return `key ${scope.key_id}`;
  }
}

function byBudgetId({ budget: a }: { budget: Budget }, { budget: b }: { budget: Budget }): number {
  return a.budget_id < b.budget_id ? -1 : 1;
}
