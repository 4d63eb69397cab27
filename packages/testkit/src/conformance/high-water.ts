/**
 * Shows a ledger's `high_water` as that of the oracle, where it may be another: blocks count in it
 * in full, so it lies above the oracle's, and still never above the limit and what excess is named.
 * What lies outside of that is shown as it is, and some expectation fails.
 */
import type { Balance } from '@tollkeeper/core';
import type { BudgetState, Stores } from '@tollkeeper/server';

const SHOWING_STATES: readonly string[] = [
  'reserve',
  'settle',
  'record',
  'putBudget',
  'budgets',
  'budgetStates',
];

/** Everything is told to both; the answers are those of `stores`. */
export function highWaterWithin(stores: Stores, oracle: Stores): Stores {
  const changing = ['put', 'remove', 'putAll'];
  return {
    ...stores,
    ledger: both(stores.ledger, oracle.ledger, (name, mine, its) =>
      SHOWING_STATES.includes(name) ? within(mine, statesIn(its)) : mine,
    ),
    catalog: both(stores.catalog, oracle.catalog, (_, mine) => mine, changing),
  };
}

type Call = (...given: unknown[]) => Promise<unknown>;

function both<T extends object>(
  mine: T,
  its: T,
  answer: (name: string, mine: unknown, its: unknown) => unknown,
  only?: readonly string[],
): T {
  return new Proxy(mine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      const call = member.bind(target) as Call;
      if (only !== undefined && !only.includes(name)) return call;
      return async (...given: unknown[]) => {
        const shadow = (Reflect.get(its, name, its) as Call).bind(its);
        const [own, other] = await Promise.all([
          call(...given),
          shadow(...given).catch(() => undefined),
        ]);
        return answer(name, own, other);
      };
    },
  });
}

/** The answer with the oracle's high water in all states that may show it. */
function within(answer: unknown, states: readonly BudgetState[]): unknown {
  const show = (state: BudgetState): BudgetState => {
    const same = states.find(
      (other) =>
        other.budget.budget_id === state.budget.budget_id &&
        other.window_start === state.window_start,
    );
    if (same === undefined || !isWithin(state, same.balance)) return state;
    return { ...state, balance: { ...state.balance, high_water: same.balance.high_water } };
  };
  if (isState(answer)) return show(answer);
  if (Array.isArray(answer)) {
    return answer.map((state: unknown) => (isState(state) ? show(state) : state));
  }
  if (typeof answer !== 'object' || answer === null) return answer;
  if ('states' in answer) return { ...answer, states: within(answer.states, states) };
  if (!('blocking' in answer) || !Array.isArray(answer.blocking)) return answer;
  return { ...answer, blocking: answer.blocking.map((one: unknown) => shownBlocking(one, states)) };
}

function shownBlocking(blocking: unknown, states: readonly BudgetState[]): unknown {
  const { budget, balance } = blocking as BudgetState;
  const same = states.find((other) => other.budget.budget_id === budget.budget_id);
  if (same === undefined || !isWithin({ budget, balance }, same.balance)) return blocking;
  const { high_water } = same.balance;
  return { ...(blocking as object), balance: { ...balance, high_water } };
}

/** Budgets that only warn have no limit to stay below. */
function isWithin(
  { budget, balance }: Pick<BudgetState, 'budget' | 'balance'>,
  its: Balance,
): boolean {
  const { over_bound, submitted, correction, limit_lowered } = balance.excess;
  const most = budget.limit.amount + over_bound + submitted + correction + limit_lowered;
  const { high_water } = balance;
  if (high_water < its.high_water) return false;
  return budget.mode === 'warn' || high_water <= most || high_water === its.high_water;
}

function statesIn(answer: unknown): readonly BudgetState[] {
  if (isState(answer)) return [answer];
  if (Array.isArray(answer)) return answer.filter(isState);
  if (typeof answer !== 'object' || answer === null) return [];
  if ('states' in answer) return statesIn(answer.states);
  return 'blocking' in answer ? (answer.blocking as readonly BudgetState[]) : [];
}

function isState(value: unknown): value is BudgetState {
  return typeof value === 'object' && value !== null && 'window_start' in value;
}
