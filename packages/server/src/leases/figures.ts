/**
 * What budgets look like through leases. The store counts a lease as held; here, what of it is
 * unused is free, as if this process were the only one. Where the store does not tell how a budget
 * stands, because only a lease was touched, it is what was last told and what was done since: exact
 * as long as nobody else uses the budget, and brought up to date with the next take.
 */
import { sameKind } from '@tollkeeper/core';
import type { Blocking, BudgetState, LedgerStore } from '../ports/ledger-store.ts';
import type { Part } from './attempt.ts';
import type { Block } from './block.ts';
import type { KnownBudget, KnownBudgets } from './known-budgets.ts';

export interface FiguresParts {
  readonly inner: Pick<LedgerStore, 'budgetStates'>;
  readonly known: KnownBudgets;
  /** A window is none of its budget any more. */
  readonly abandon: (block: Block) => void;
}

export class Figures {
  readonly #parts: FiguresParts;

  constructor(parts: FiguresParts) {
    this.#parts = parts;
  }

  /** Remembers a state as the store has told it, whether its budget was known or not. */
  learn(state: BudgetState): Block {
    const learnt = this.#parts.known.learn(state.budget);
    if (learnt.replaced !== undefined) this.#abandon(learnt.replaced);
    const block = learnt.known.blockOf(state);
    block.balance = state.balance;
    block.isNew = false;
    return block;
  }

  forget(known: KnownBudget): void {
    this.#parts.known.forget(known);
    this.#abandon(known);
  }

  /** Remembers states of budgets that are known, and answers them as they are shown. */
  noted(states: readonly BudgetState[]): readonly BudgetState[] {
    return states.map((state) => {
      const known = this.#parts.known.get(state.budget.budget_id);
      return known === undefined ? state : this.learn(state).shown(state);
    });
  }

  /** As `noted`, of a budget that stood in the way. */
  blocking(told: Blocking, parts: readonly Part[]): Blocking {
    const { budget } = told;
    const part = parts.find(({ block }) => block.known.budget.budget_id === budget.budget_id);
    if (part === undefined || !sameKind(part.block.known.budget, budget)) return told;
    part.block.known.budget = budget;
    part.block.balance = told.balance;
    return { ...told, balance: part.block.shownBalance(told.balance) };
  }

  /** A state as it is shown; nothing is remembered, since a reader may be late. */
  shown(state: BudgetState): BudgetState {
    const known = this.#parts.known.get(state.budget.budget_id);
    const block = known?.blocks.get(state.window_start);
    return block === undefined ? state : block.shown(state);
  }

  /**
   * The states of all budgets of an attempt, by id: those that the store has told of, and those of
   * which only a lease was touched.
   */
  told(
    parts: readonly Part[],
    states: readonly BudgetState[],
    at: number,
  ): readonly BudgetState[] | Promise<readonly BudgetState[]> {
    const shown: BudgetState[] = [];
    for (const state of states) shown.push(this.learn(state).shown(state));
    let isKnown = true;
    for (const part of parts) {
      if (!this.#isUntold(part, states)) continue;
      isKnown &&= part.block.balance !== undefined;
      shown.push(part.block.state);
    }
    if (!isKnown) return this.#askedAfter(parts, states, at);
    return shown.length > 1 ? shown.sort(byBudgetId) : shown;
  }

  /** A hold went through: budgets that were asked and not told of do not count it any more. */
  forgetUntold(parts: readonly Part[], states: readonly BudgetState[]): void {
    for (const { block, lease } of parts) {
      if (lease !== undefined) continue;
      const { budget_id } = block.known.budget;
      if (!states.some(({ budget }) => budget.budget_id === budget_id)) this.forget(block.known);
    }
  }

  /** Something happened to these budgets of which nobody tells how they stand now. */
  unknow(known: Iterable<KnownBudget>): void {
    for (const { blocks } of known) for (const block of blocks.values()) block.balance = undefined;
  }

  /** As `told`, after the store was asked how budgets stand of which nobody here knows it. */
  async #askedAfter(
    parts: readonly Part[],
    states: readonly BudgetState[],
    at: number,
  ): Promise<readonly BudgetState[]> {
    const untold = parts.filter((part) => this.#isUntold(part, states));
    const unknown = untold.filter(({ block }) => block.balance === undefined);
    const ids = unknown.map(({ block }) => block.known.budget.budget_id);
    const found = await this.#parts.inner.budgetStates(ids, at);
    for (const state of found) if (state !== undefined) this.learn(state);
    const told = states.map((state) => this.shown(state));
    return [...told, ...untold.map(({ block }) => block.state)].sort(byBudgetId);
  }

  /** Whether only a lease of its budget was touched, so that the store does not tell of it. */
  #isUntold({ block: { known }, lease, from }: Part, states: readonly BudgetState[]): boolean {
    if (lease === undefined && from === undefined) return false;
    const { budget_id } = known.budget;
    if (this.#parts.known.get(budget_id) !== known) return false;
    return states.length === 0 || !states.some(({ budget }) => budget.budget_id === budget_id);
  }

  #abandon({ blocks }: KnownBudget): void {
    for (const block of blocks.values()) this.#parts.abandon(block);
  }
}

/** Too many ask this budget directly: running calls are in the way, as far as anybody can tell. */
export function crowdedOut({ block, amount }: Part): Blocking {
  const { budget, balance, resets_at } = block.state;
  return { budget, balance, amount, reason: 'held', resets_at };
}

function byBudgetId(a: BudgetState, b: BudgetState): number {
  return a.budget.budget_id < b.budget.budget_id ? -1 : 1;
}
