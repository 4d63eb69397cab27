/**
 * The budgets that a process has met, each with the windows it uses, found by the subjects that
 * they cover. What is not known here is not missing: the store asks every budget that covers a
 * subject, and its answers are what is learnt from.
 */
import { covers, sameKind, windowAt, type Budget, type Subject } from '@tollkeeper/core';
import type { BudgetState } from '../ports/ledger-store.ts';
import { Block } from './block.ts';
import { Demand } from './demand.ts';

/** A budget as it was last told of. */
export class KnownBudget {
  budget: Budget;
  readonly demand: Demand;
  /** By window start. */
  readonly blocks = new Map<number, Block>();
  /** A change of it is on its way: nothing is leased meanwhile. */
  changing = 0;
  /** Before that, what is leased goes back; whoever asks the budget directly waits for it. */
  givingBack: Promise<void> | undefined;
  #latest: Block | undefined;

  constructor(budget: Budget, spanMs: number) {
    this.budget = budget;
    this.demand = new Demand(spanMs);
  }

  /** The window of a moment. */
  blockAt(at: number): Block {
    const latest = this.#latest;
    if (latest?.holds(at) === true) return latest;
    const { start, end } = windowAt(this.budget.window, this.budget.timezone, at);
    return this.#blockOf(start, end);
  }

  /** The window of a state. */
  blockOf({ window_start, resets_at }: BudgetState): Block {
    return this.#blockOf(window_start, resets_at);
  }

  /** Whether nothing would be lost if this were forgotten. */
  get isIdle(): boolean {
    for (const block of this.blocks.values()) if (!block.isIdle) return false;
    return this.changing === 0;
  }

  #blockOf(start: number, end: number | null): Block {
    let block = this.blocks.get(start);
    if (block === undefined) {
      if (this.blocks.size >= WINDOWS_MAX) this.#dropIdle();
      block = new Block(this, start, end);
      this.blocks.set(start, block);
    }
    this.#latest = block;
    return block;
  }

  #dropIdle(): void {
    for (const [start, block] of this.blocks) if (block.isIdle) this.blocks.delete(start);
  }
}

/** Budgets that are known at once; beyond, those that nobody uses at the moment are forgotten. */
const KNOWN_MAX = 20_000;
/** Windows of one budget that are known at once, likewise. */
const WINDOWS_MAX = 8;

type Lists = Map<string, KnownBudget[]>;

/** Budgets of an organization, by what of a subject they look at. */
interface Organization {
  readonly organization: Lists;
  readonly application: Lists;
  readonly user: Lists;
  readonly key: Lists;
}

export class KnownBudgets {
  readonly #spanMs: number;
  readonly #byId = new Map<string, KnownBudget>();
  readonly #organizations = new Map<string, Organization>();

  /** Demand is estimated over about `spanMs` milliseconds. */
  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  get(budgetId: string): KnownBudget | undefined {
    return this.#byId.get(budgetId);
  }

  all(): IterableIterator<KnownBudget> {
    return this.#byId.values();
  }

  /** Those known to cover a subject, in no order. */
  covering(subject: Subject): KnownBudget[] {
    const found: KnownBudget[] = [];
    const lists = this.#organizations.get(subject.org_id);
    if (lists === undefined) return found;
    collect(lists.organization.get(subject.org_id), subject, found);
    collect(lists.application.get(subject.app_id), subject, found);
    if (subject.user_id !== null) collect(lists.user.get(subject.user_id), subject, found);
    if (subject.key_id !== null) collect(lists.key.get(subject.key_id), subject, found);
    return found;
  }

  /**
   * Knows a budget from now on as it is here. `replaced` is what was known of it before, when it
   * was another in kind: its windows have nothing to do with those of now.
   */
  learn(budget: Budget): { readonly known: KnownBudget; readonly replaced?: KnownBudget } {
    const before = this.#byId.get(budget.budget_id);
    if (before !== undefined && sameKind(before.budget, budget)) {
      before.budget = budget;
      return { known: before };
    }
    if (before !== undefined) this.forget(before);
    if (this.#byId.size >= KNOWN_MAX) this.#forgetIdle();
    const known = new KnownBudget(budget, this.#spanMs);
    this.#byId.set(budget.budget_id, known);
    const [lists, id] = this.#listsOf(budget);
    const list = lists.get(id);
    if (list === undefined) lists.set(id, [known]);
    else list.push(known);
    return before === undefined ? { known } : { known, replaced: before };
  }

  forget(known: KnownBudget): void {
    const { budget } = known;
    if (this.#byId.get(budget.budget_id) !== known) return;
    this.#byId.delete(budget.budget_id);
    const [lists, id] = this.#listsOf(budget);
    const left = (lists.get(id) ?? []).filter((other) => other !== known);
    if (left.length > 0) lists.set(id, left);
    else lists.delete(id);
    const { org_id } = budget.scope;
    const all = Object.values<Lists>({ ...this.#organizations.get(org_id) });
    if (all.every(({ size }) => size === 0)) this.#organizations.delete(org_id);
  }

  #forgetIdle(): void {
    for (const known of this.#byId.values()) if (known.isIdle) this.forget(known);
  }

  #listsOf({ scope }: Budget): [Lists, string] {
    let lists = this.#organizations.get(scope.org_id);
    if (lists === undefined) {
      lists = { organization: new Map(), application: new Map(), user: new Map(), key: new Map() };
      this.#organizations.set(scope.org_id, lists);
    }
    switch (scope.type) {
      case 'organization':
        return [lists.organization, scope.org_id];
      case 'application':
        return [lists.application, scope.app_id];
      case 'user':
        return [lists.user, scope.user_id];
      case 'key':
        return [lists.key, scope.key_id];
    }
  }
}

function collect(
  candidates: readonly KnownBudget[] | undefined,
  subject: Subject,
  into: KnownBudget[],
): void {
  if (candidates === undefined) return;
  for (const known of candidates) if (covers(known.budget, subject)) into.push(known);
}
