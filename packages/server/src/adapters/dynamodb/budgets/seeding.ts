/**
 * How a window of a budget comes to its figures when the budget is made, changes what it counts, or
 * is asked for a window from before it was made. Meanwhile calls go on, and other processes do not
 * know of it yet.
 *
 * 1. One transaction raises the revision of budgets to R, notes the change, and leaves the balance
 *    of the window as `seeding: R` (`budget-commands.ts`).
 * 2. R is made known to every instance that runs. From then on nothing happens any more that was
 *    decided by older definitions: each transaction checks that (`lanes.ts`).
 * 3. So the ledger falls into two: what was written under revisions before R knows nothing of this
 *    window, and nothing is added to it; what is written under R or later moves the balance by
 *    itself. The former is summed up: entries, and open intents, which are adopted one by one: the
 *    intent learns that the balance counts it, and the balance counts it, in one transaction. One
 *    that has ended meanwhile has moved the balance by itself, and is left.
 * 4. One conditional write adds the sum, names what is above the limit, and ends the seeding.
 *
 * Until then nobody can hold in that window; who has to waits, and goes on with it when it takes
 * too long. Every step may be repeated, by anybody: 1 and 4 happen once by their condition, 2 and
 * 3 are the same each time.
 *
 * A budget that is made begins with its present window and the next one, which may have begun for
 * others. Clocks that are further apart than that have left something in later windows, too: those
 * are looked for in step 3, and summed up before the present one. With that one the definition is
 * noted to be whole: from then on a window without a balance is empty. Who does not know that yet
 * leaves a new balance as `seeding`, to be summed up by whoever needs it.
 */
import { changeLimit, covers } from '@tollkeeper/core';
import { openAttributes, attemptOf } from '../attempts/attempt-item.ts';
import type { OpenAttempt } from '../attempts/attempt-item.ts';
import { balanceAttributes, balanceOf, emptyBalance, type StoredBalance } from './balance-item.ts';
import { noteWhole } from './budget-commands.ts';
import { definitionOf } from './definition-item.ts';
import { eachDispatched } from '../entries/entry-reading.ts';
import { postedInWindow, type Posted } from '../entries/entry-sums.ts';
import { heldPart } from '../attempts/held-part.ts';
import type { Items } from '../items/items.ts';
import { attemptKey, balanceKey, definitionKey } from '../items/keys.ts';
import { windowName } from './not-ready.ts';
import { openAttempts } from '../attempts/open-attempts.ts';
import type { Command, Transactions, View } from '../groups/transactions.ts';
import { isKept, windowOf, type BudgetWindow } from './window-balance.ts';

export interface SeedingParts {
  readonly items: Items;
  readonly transactions: Transactions;
  /** Makes a revision of budgets known to every instance that runs. */
  readonly push: (revision: number) => Promise<void>;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/** Names a window. */
export interface WindowName {
  readonly org_id: string;
  readonly budget_id: string;
  readonly window_start: number;
}

export class Seeding {
  readonly #parts: SeedingParts;
  /** Windows that this process is summing up. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(parts: SeedingParts) {
    this.#parts = parts;
  }

  /** Sums a window up, from wherever that stands; nothing happens when it is whole. */
  complete(window: WindowName): Promise<void> {
    const name = windowName(window.budget_id, window.window_start);
    const running = this.#running.get(name);
    if (running !== undefined) return running;
    const task = this.#complete(window).finally(() => this.#running.delete(name));
    this.#running.set(name, task);
    return task;
  }

  /** Whether this process is at it, and when it is done. */
  running({ budget_id, window_start }: WindowName): Promise<void> | undefined {
    return this.#running.get(windowName(budget_id, window_start));
  }

  async #complete({ org_id, budget_id, window_start }: WindowName): Promise<void> {
    const { items, transactions, push } = this.#parts;
    const [item, defined] = await items.get([
      balanceKey(budget_id, window_start),
      definitionKey(org_id, budget_id),
    ]);
    const stored = item === undefined ? undefined : balanceOf(item);
    const definition = defined === undefined ? undefined : definitionOf(defined);
    if (definition === undefined) return;
    const window = windowOf(definition, window_start);
    // The budget is another one by now. Who needs the window of that one asks for it to be kept.
    if (!isKept(window)) return;
    const isThere = stored?.since_rev === definition.since_rev;
    if (isThere ? stored.seeding === null : definition.whole) return;
    const revision = (isThere ? stored.seeding : null) ?? definition.since_rev;
    await push(revision);
    if (!isThere) await transactions.run(seedAlsoCommand(window, revision));
    const open = await openAttempts(items);
    const older = open.filter(
      ({ rev, intent }) => rev < revision && covers(definition.budget, intent.subject),
    );
    if (window_start === definition.since) await this.#seedLater(window, revision, older);
    await this.#sumUp(window, revision, older);
  }

  /** Later windows in which there was something before the budget was made. */
  async #seedLater(
    { definition, end }: BudgetWindow,
    revision: number,
    older: readonly OpenAttempt[],
  ): Promise<void> {
    if (end === null) return;
    const starts = new Set<number>();
    const see = (at: number): void => void starts.add(windowOf(definition, at).start);
    for (const { intent } of older) if (intent.at >= end) see(intent.at);
    const { budget } = definition;
    await eachDispatched(this.#parts.items, budget.scope.org_id, { from: end }, (line) => {
      if (line.rev < revision && covers(budget, line.entry)) see(line.at);
    });
    for (const start of starts) {
      const window = windowOf(definition, start);
      await this.#parts.transactions.run(seedAlsoCommand(window, revision));
      await this.#sumUp(window, revision, older);
    }
  }

  /** Steps 3 and 4; nothing happens when the window is whole. */
  async #sumUp(
    window: BudgetWindow,
    revision: number,
    older: readonly OpenAttempt[],
  ): Promise<void> {
    const { items, transactions } = this.#parts;
    const { definition, start } = window;
    const missed = older.filter(
      (attempt) =>
        windowOf(definition, attempt.intent.at).start === start &&
        heldPart(attempt, window) === undefined,
    );
    await Promise.all(
      missed.map((attempt) => transactions.run(adoptCommand(window, revision, attempt))),
    );
    const posted = await postedInWindow(items, definition.budget, start, revision);
    await transactions.run(wholeCommand(window, revision, posted, this.#parts.now()));
  }
}

/** The balance, while it is being summed up since this revision. */
function seedingAt(
  view: View,
  { definition, start }: BudgetWindow,
  revision: number,
): StoredBalance | undefined {
  const item = view.get(balanceKey(definition.budget.budget_id, start));
  const stored = item === undefined ? undefined : balanceOf(item);
  return stored?.seeding === revision ? stored : undefined;
}

/** Step 3, for one open intent. */
function adoptCommand(
  window: BudgetWindow,
  revision: number,
  { intent }: OpenAttempt,
): Command<void> {
  const { budget, since_rev } = window.definition;
  const { budget_id, limit } = budget;
  const key = attemptKey(intent.attempt_id);
  const ofBalance = balanceKey(budget_id, window.start);
  return {
    kind: 'other',
    reads: [key, ofBalance],
    decide(view) {
      const stored = seedingAt(view, window, revision);
      const item = view.get(key);
      const attempt = item === undefined ? undefined : attemptOf(item);
      if (stored === undefined || attempt?.kind !== 'open') return;
      if (heldPart(attempt, window) !== undefined) return;
      const part = { budget_id, since_rev, window_start: window.start, lease: null };
      view.put(key, openAttributes({ ...attempt, held: [...attempt.held, part] }));
      const { balance } = stored;
      const held = balance.held + attempt.amounts[limit.unit];
      view.put(ofBalance, balanceAttributes({ ...stored, balance: { ...balance, held } }));
    },
  };
}

/** Step 1 for a later window, unless it was summed up already: its figures stay. */
function seedAlsoCommand(window: BudgetWindow, revision: number): Command<void> {
  const { definition, start } = window;
  const { since_rev, rev, budget } = definition;
  const key = balanceKey(budget.budget_id, start);
  return {
    kind: 'other',
    reads: [key],
    decide(view) {
      const item = view.get(key);
      const there = item === undefined ? undefined : balanceOf(item);
      const stored = there?.since_rev === since_rev ? there : emptyBalance(since_rev, rev);
      if (stored.seeded || stored.seeding !== null || (there?.since_rev ?? 0) > since_rev) return;
      view.put(key, balanceAttributes({ ...stored, seeding: revision }));
    },
  };
}

/** Step 4. */
function wholeCommand(
  window: BudgetWindow,
  revision: number,
  sum: Posted,
  now: number,
): Command<void> {
  const { start } = window;
  const { budget, since, since_rev } = window.definition;
  const key = balanceKey(budget.budget_id, start);
  const ofDefinition = definitionKey(budget.scope.org_id, budget.budget_id);
  return {
    kind: 'other',
    reads: [key, ofDefinition],
    decide(view) {
      const stored = seedingAt(view, window, revision);
      const item = view.get(ofDefinition);
      const definition = item === undefined ? undefined : definitionOf(item);
      if (stored === undefined || definition?.since_rev !== since_rev) return;
      const posted = stored.balance.posted + sum.posted;
      const ceiling = stored.balance.ceiling + sum.ceiling;
      const sumNow = posted + stored.balance.held;
      const before = stored.balance.high_water;
      const high_water = before === 0n || sumNow > before ? sumNow : before;
      const raw = { ...stored.balance, posted, ceiling, high_water };
      const balance = changeLimit(null, definition.budget, raw);
      view.put(key, balanceAttributes({ ...stored, balance, seeding: null, seeded: true }));
      if (start === since && !definition.whole) noteWhole(view, definition, now);
    },
  };
}
