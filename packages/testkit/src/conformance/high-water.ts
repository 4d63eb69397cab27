/**
 * Shows a ledger with leases as the oracle beside it, in what leases may change:
 *
 * - `high_water`: blocks count in it in full, so it lies above the oracle's, and still never above
 *   the highest limit that there was and what excess is named;
 * - windows from before a budget was made are summed up when somebody asks for them: whoever asks
 *   for a lease may be the first. Then holds name them;
 * - a process that has a lease of a budget tells of it in its answers until it hears of what others
 *   have done with it: made it anew, so that the window lies before it, or removed it.
 *
 * What lies outside of that is shown as it is, and some expectation fails.
 */
import type { Balance, Hold } from '@tollkeeper/core';
import type { BudgetState, Stores } from '@tollkeeper/server';

/**
 * Everything is told to both; the answers are those of `stores`. `hasOthers`: whether more than one
 * process has asked by now.
 */
export function highWaterWithin(
  stores: Stores,
  oracle: Stores,
  hasOthers: () => boolean = () => false,
): Stores {
  const changing = ['put', 'remove', 'putAll'];
  const limits = new Map<string, bigint>();
  const show = (name: string, given: unknown, its: unknown): unknown => {
    let mine = given;
    if (name === 'holds') return withHolds(mine as readonly Hold[], (its ?? []) as readonly Hold[]);
    if (POSTING.includes(name) && hasOthers()) mine = withoutOthers(mine, its);
    if (name === 'putBudget') raise(limits, statesIn(mine));
    return SHOWING_STATES.includes(name) ? within(mine, statesIn(its), limits) : mine;
  };
  return {
    ...stores,
    ledger: both(stores.ledger, oracle.ledger, show),
    catalog: both(stores.catalog, oracle.catalog, (_, mine) => mine, changing),
  };
}

const POSTING: readonly string[] = ['settle', 'record'];

const SHOWING_STATES: readonly string[] = [
  ...['reserve', 'settle', 'record'],
  ...['putBudget', 'budgets', 'budgetStates'],
];

/** Whoever only warned has had no limit to stay below. */
const NO_LIMIT = 2n ** 256n;

/** The highest limit that each budget had. */
type Limits = ReadonlyMap<string, bigint>;

function raise(limits: Map<string, bigint>, states: readonly BudgetState[]): void {
  for (const { budget } of states) {
    const before = limits.get(budget.budget_id) ?? 0n;
    const amount = budget.mode === 'warn' ? NO_LIMIT : budget.limit.amount;
    limits.set(budget.budget_id, amount > before ? amount : before);
  }
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

/** The oracle's allocations where they are among those of the hold. */
function withHolds(mine: readonly Hold[], its: readonly Hold[]): readonly Hold[] {
  return mine.map((hold) => {
    const same = its.find(({ intent }) => intent.attempt_id === hold.intent.attempt_id);
    const isPart = same?.allocations.every((one) =>
      hold.allocations.some(
        ({ budget_id, window_start, amount }) =>
          one.budget_id === budget_id && one.window_start === window_start && one.amount === amount,
      ),
    );
    return same !== undefined && isPart === true
      ? { ...hold, allocations: same.allocations }
      : hold;
  });
}

/** An answer without the states of budgets that the oracle does not tell of. */
function withoutOthers(mine: unknown, its: unknown): unknown {
  const states = statesIn(mine);
  const known = new Set(statesIn(its).map(({ budget }) => budget.budget_id));
  const shown = states.filter(({ budget }) => known.has(budget.budget_id));
  return shown.length === states.length ? mine : { ...(mine as object), states: shown };
}

/** The answer with the oracle's high water in all states that may show it. */
function within(answer: unknown, states: readonly BudgetState[], limits: Limits): unknown {
  const show = (state: BudgetState): BudgetState => {
    const same = states.find(
      (other) =>
        other.budget.budget_id === state.budget.budget_id &&
        other.window_start === state.window_start,
    );
    if (same === undefined || !isWithin(state, same.balance, limits)) return state;
    return { ...state, balance: { ...state.balance, high_water: same.balance.high_water } };
  };
  if (isState(answer)) return show(answer);
  if (Array.isArray(answer)) {
    return answer.map((state: unknown) => (isState(state) ? show(state) : state));
  }
  if (typeof answer !== 'object' || answer === null) return answer;
  if ('states' in answer) return { ...answer, states: within(answer.states, states, limits) };
  if (!('blocking' in answer) || !Array.isArray(answer.blocking)) return answer;
  return {
    ...answer,
    blocking: answer.blocking.map((one: unknown) => shownBlocking(one, states, limits)),
  };
}

function shownBlocking(blocking: unknown, states: readonly BudgetState[], limits: Limits): unknown {
  const { budget, balance } = blocking as BudgetState;
  const same = states.find((other) => other.budget.budget_id === budget.budget_id);
  if (same === undefined || !isWithin({ budget, balance }, same.balance, limits)) return blocking;
  const { high_water } = same.balance;
  return { ...(blocking as object), balance: { ...balance, high_water } };
}

function isWithin(
  { budget, balance }: Pick<BudgetState, 'budget' | 'balance'>,
  its: Balance,
  limits: Limits,
): boolean {
  const { over_bound, submitted, correction, limit_lowered } = balance.excess;
  const limit = limits.get(budget.budget_id) ?? budget.limit.amount;
  const most = limit + over_bound + submitted + correction + limit_lowered;
  const { high_water } = balance;
  if (high_water < its.high_water) return false;
  return high_water <= most || high_water === its.high_water;
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
