/**
 * The ledger on DynamoDB, as far as it writes. Commands are decided by what they read and by the
 * definitions that this process remembers; what they lack besides is got here, and they are given
 * again.
 */
import type { Balance } from '@tollkeeper/core';
import type { AuditStamp } from '../../ports/audit.ts';
import type { Clock } from '../../ports/clock.ts';
import { StoreUnavailable } from '../../ports/ledger-store.ts';
import type {
  BudgetState,
  PutBudget,
  Recorded,
  RecordEntry,
  Reserve,
  Reserved,
  Settle,
  Settled,
} from '../../ports/ledger-store.ts';
import type {
  LeaseLost,
  LeaseState,
  LeasingLedger,
  RecordLeased,
  ReserveLeased,
  SettleLeased,
  TakeLease,
  TakenLease,
} from '../../ports/leasing-ledger.ts';
import { attemptOf } from './attempts/attempt-item.ts';
import { AttemptTurns } from './attempts/attempt-turns.ts';
import { textOf } from './items/attribute-values.ts';
import { keepWindowCommand, putCommand, removeCommand } from './budgets/budget-commands.ts';
import { definitionsById, statesAt } from './budgets/budget-states.ts';
import type { InGroup } from './instances/intent-groups.ts';
import type { Items } from './items/items.ts';
import { attemptKey, budgetKey, REVISIONS } from './items/keys.ts';
import { budgetsRevision } from './groups/lanes.ts';
import { returnCommand, takeCommand, type GivenBack } from './leases/lease-commands.ts';
import { endedGroups, leasesOf } from './instances/instance-items.ts';
import type { LedgerContext } from './ledger-context.ts';
import { NotReady, windowName, type Need } from './budgets/not-ready.ts';
import { recordCommand } from './attempts/record-command.ts';
import { releaseCommand, reserveCommand } from './attempts/reserve-command.ts';
import { Seeding, type WindowName } from './budgets/seeding.ts';
import { settleCommand } from './attempts/settle-command.ts';
import type { Command, Transactions } from './groups/transactions.ts';
import { UncertainReserves } from './attempts/uncertain-reserves.ts';

/** The methods of a ledger that write, and `leases`. */
type Writing = Pick<
  LeasingLedger,
  | 'reserve'
  | 'reserveLeased'
  | 'release'
  | 'settle'
  | 'settleLeased'
  | 'record'
  | 'recordLeased'
  | 'takeLease'
  | 'returnLease'
  | 'endLeases'
  | 'leases'
  | 'putBudget'
  | 'removeBudget'
>;

export interface LedgerWritesParts {
  readonly items: Items;
  readonly transactions: Transactions;
  readonly context: LedgerContext;
  readonly clock: Clock;
  /** Undefined, or resolves once what is known of the catalogue is fresh. */
  readonly fresh: () => Promise<void> | undefined;
  /** Makes a revision of budgets known to every instance that runs. */
  readonly push: (revision: number) => Promise<void>;
}

/** How often a command is given again because it lacked something. */
const TRIES_MAX = 100;
/** How long a window that another process sums up is waited for: first so many milliseconds. */
const SEEDING_PAUSE_MS = 10;
/** After so many pauses, each twice as long as the one before, we go on with it ourselves. */
const SEEDING_PAUSES = 5;

export class LedgerWrites implements Writing {
  readonly #parts: LedgerWritesParts;
  readonly #context: LedgerContext;
  readonly #seeding: Seeding;
  readonly #uncertain = new UncertainReserves();
  readonly #turns = new AttemptTurns();

  constructor(parts: LedgerWritesParts) {
    this.#parts = parts;
    this.#context = parts.context;
    const { items, transactions, push } = parts;
    this.#seeding = new Seeding({ items, transactions, push, now: () => this.#seconds() });
  }

  reserve(command: Reserve): Promise<Reserved> {
    // Without a lease there is none to be lost.
    return this.reserveLeased({ ...command, leased: [] }) as Promise<Reserved>;
  }

  reserveLeased(command: ReserveLeased): Promise<Reserved | LeaseLost> {
    return this.#turns.reserve(command.intent.attempt_id, () => this.#reserve(command));
  }

  async #reserve(command: ReserveLeased): Promise<Reserved | LeaseLost> {
    await this.#parts.fresh();
    const { attempt_id, subject } = command.intent;
    const { groups, writing } = this.#context;
    let tried: InGroup | undefined;
    const reserving = reserveCommand(this.#context, command, (inGroup) => {
      tried = inGroup;
    });
    try {
      const { answer, inGroup } = await this.#run(reserving);
      if (inGroup !== undefined) {
        groups.opened(attempt_id, inGroup);
        writing.called(subject.org_id);
      }
      return answer;
    } catch (error) {
      if (tried !== undefined && error instanceof StoreUnavailable) {
        groups.opened(attempt_id, tried);
        this.#uncertain.add(attempt_id, command.instance_id);
      }
      throw error;
    }
  }

  release(attemptId: string): Promise<void> {
    return this.#turns.end(attemptId, () => this.#release(attemptId));
  }

  async #release(attemptId: string): Promise<void> {
    const { groups } = this.#context;
    const unsure = this.#uncertain.instanceOf(attemptId);
    const uncertain = unsure !== undefined;
    const instanceId = unsure ?? groups.instanceOf(attemptId) ?? (await this.#holderOf(attemptId));
    if (instanceId === undefined) return;
    await this.#run(releaseCommand(this.#context, attemptId, { instanceId, uncertain }));
    this.#uncertain.delete(attemptId);
    groups.ended(attemptId);
  }

  settle(command: Settle): Promise<Settled> {
    return this.settleLeased({ ...command, leased: [] });
  }

  settleLeased(command: SettleLeased): Promise<Settled> {
    return this.#turns.end(command.entry.attempt_id, () => this.#settle(command));
  }

  async #settle(command: SettleLeased): Promise<Settled> {
    const { attempt_id } = command.entry;
    await this.#context.writing.meet(this.#parts.items, command.instance_id);
    const { answer, wrote = [] } = await this.#run(settleCommand(this.#context, command));
    for (const line of wrote) this.#context.writing.wrote(...line, this.#context.now());
    if (answer.kind !== 'unknown_attempt') {
      this.#uncertain.delete(attempt_id);
      this.#context.groups.ended(attempt_id);
    }
    return answer;
  }

  record(command: RecordEntry): Promise<Recorded> {
    return this.recordLeased({ ...command, leased: [] }) as Promise<Recorded>;
  }

  async recordLeased(command: RecordLeased): Promise<Recorded | LeaseLost> {
    if (command.catalog_revision !== undefined) await this.#parts.fresh();
    await this.#context.writing.meet(this.#parts.items, command.instance_id);
    const { answer, wrote } = await this.#run(recordCommand(this.#context, command));
    if (wrote !== undefined) this.#context.writing.wrote(...wrote, this.#context.now());
    return answer;
  }

  async takeLease(command: TakeLease): Promise<TakenLease> {
    const orgId = await this.#orgOf(command.budget_id);
    if (orgId === undefined) return { kind: 'gone' };
    const { answer, known } = await this.#run(takeCommand(this.#context, orgId, command));
    if (known !== undefined) this.#context.leases.took(known);
    return answer;
  }

  async returnLease(given: GivenBack): Promise<void> {
    if (given.ends) this.#context.leases.ended(given.lease_id);
    await this.#parts.transactions.run(returnCommand(given));
  }

  async endLeases(instanceId: string): Promise<void> {
    const leases = await leasesOf(this.#parts.items, instanceId);
    await Promise.all(
      leases.map(({ lease }) =>
        this.returnLease({ ...lease, instance_id: instanceId, amount: 0n, ends: true }),
      ),
    );
    const done = await endedGroups(this.#parts.items, instanceId);
    await this.#parts.items.writeEach(done.map((key) => ({ op: 'delete', key })));
  }

  async leases(instanceId: string): Promise<readonly LeaseState[]> {
    const found = await leasesOf(this.#parts.items, instanceId);
    const definitions = await definitionsById(
      this.#parts.items,
      found.map(({ lease }) => lease.budget_id),
    );
    const states: LeaseState[] = [];
    for (const [index, { lease, stored }] of found.entries()) {
      if (stored !== undefined && stored.since_rev === definitions[index]?.since_rev) {
        const granted = stored.granted - stored.spent.amount;
        states.push({ ...lease, instance_id: instanceId, granted });
      } else {
        // Of a budget that is another one by now, or none.
        await this.returnLease({ ...lease, instance_id: instanceId, amount: 0n, ends: true });
      }
    }
    return states;
  }

  async putBudget(command: PutBudget): Promise<BudgetState> {
    const { budget_id, scope } = command.budget;
    const put = await this.#run(putCommand(command, this.#seconds()));
    await this.#tell(put.revision);
    if (put.state !== null) return put.state;
    for (const window_start of put.windows) {
      await this.#seeding.complete({ org_id: scope.org_id, budget_id, window_start });
    }
    // Known to be whole, windows to come begin empty, and not as ones to be summed up.
    await this.#catchUpWithAll();
    const [state] = await statesAt(this.#parts.items, [put.definition], command.at);
    if (state === undefined) throw new Error(`There is no state of the budget ${budget_id}.`);
    return state;
  }

  async removeBudget(budgetId: string, audit?: AuditStamp): Promise<boolean> {
    const removing = removeCommand(budgetId, audit, this.#seconds());
    const revision = await this.#parts.transactions.run(removing);
    if (revision !== null) await this.#tell(revision);
    return revision !== null;
  }

  /** Runs a command, getting for it what it lacks. */
  async #run<A>(command: Command<A>): Promise<A> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      try {
        return await this.#parts.transactions.run(command);
      } catch (error) {
        if (!(error instanceof NotReady)) throw error;
        await this.#get(error.need, tries);
      }
    }
    throw new StoreUnavailable('What a command needs changes again and again.');
  }

  async #get(need: Need, tries: number): Promise<void> {
    const { definitions } = this.#context;
    switch (need.kind) {
      case 'organization':
        return definitions.load(need.org_id);
      case 'news':
        return definitions.catchUp(need.revision);
      case 'window':
        return this.#keepWindow(need);
      case 'figures':
        return this.#figuresOf(need, need.figures);
      case 'seeding':
        return this.#awaitSeeding(need, tries);
    }
  }

  async #keepWindow(window: WindowName): Promise<void> {
    const { org_id, budget_id, window_start } = window;
    const keeping = keepWindowCommand(org_id, budget_id, window_start, this.#seconds());
    const revision = await this.#parts.transactions.run(keeping);
    if (revision !== null) await this.#tell(revision);
    else await this.#catchUpWithAll();
    await this.#seeding.complete(window);
  }

  async #figuresOf(window: WindowName, figures: Map<string, Balance>): Promise<void> {
    const { org_id, budget_id, window_start } = window;
    const definition = this.#context.definitions.get(org_id, budget_id);
    if (definition === undefined) return;
    const [state] = await statesAt(this.#parts.items, [definition], window_start);
    if (state !== undefined) figures.set(windowName(budget_id, window_start), state.balance);
  }

  /** Another process sums the window up. Without progress we go on with it. */
  async #awaitSeeding(window: WindowName, tries: number): Promise<void> {
    const running = this.#seeding.running(window);
    if (running === undefined && tries < SEEDING_PAUSES) {
      await this.#pause(SEEDING_PAUSE_MS * 2 ** tries);
    } else {
      await this.#seeding.complete(window);
    }
    // Whether a window has to be summed up at all depends on the definition.
    await this.#catchUpWithAll();
  }

  /** Makes a revision known here and everywhere. */
  async #tell(revision: number): Promise<void> {
    await this.#context.definitions.catchUp(revision);
    await this.#parts.push(revision);
  }

  async #catchUpWithAll(): Promise<void> {
    const [revisions] = await this.#parts.items.get([REVISIONS]);
    await this.#context.definitions.catchUp(budgetsRevision(revisions));
  }

  async #orgOf(budgetId: string): Promise<string | undefined> {
    const known = this.#context.definitions.orgOf(budgetId);
    if (known !== undefined) return known;
    const [place] = await this.#parts.items.get([budgetKey(budgetId)]);
    return place === undefined ? undefined : textOf(place.org_id);
  }

  /** The instance that holds an attempt; undefined: it is not open. */
  async #holderOf(attemptId: string): Promise<string | undefined> {
    const [item] = await this.#parts.items.get([attemptKey(attemptId)]);
    const attempt = item === undefined ? undefined : attemptOf(item);
    return attempt?.kind === 'open' ? attempt.instance_id : undefined;
  }

  #seconds(): number {
    return Math.ceil(this.#context.now() / 1_000);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.after(ms, resolve);
    });
  }
}
