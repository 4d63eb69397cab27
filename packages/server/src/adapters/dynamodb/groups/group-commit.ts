/**
 * Group commit: commands that come while earlier ones are on their way wait together, and go in one
 * transaction. The more there is to do, the larger the groups.
 *
 * An instance has a few lanes, each with one transaction in flight. A second lane is used for
 * commands of the same kind only when many of them wait: until then it is better to fill the next
 * group than to pay for another one. Commands without an instance have slots of the same sort,
 * without a check.
 */
import type { Clock } from '../../../ports/clock.ts';
import type { Ids } from '../../../ports/ids.ts';
import { StoreUnavailable } from '../../../ports/ledger-store.ts';
import { PATIENCE, type Patience } from '../items/backoff.ts';
import type { Pending } from './group-pass.ts';
import { carryOut, type GroupParts } from './group-run.ts';
import type { Items } from '../items/items.ts';
import { KeyLocks } from './key-locks.ts';
import { KnownItems } from '../items/known-items.ts';
import type { Lanes, News } from './lanes.ts';
import type { Command, Transactions } from './transactions.ts';

export interface GroupCommitParts {
  readonly items: Items;
  readonly clock: Clock;
  readonly ids: Ids;
  /** From 0 inclusive to 1 exclusive: how pauses differ. */
  readonly random: () => number;
  readonly lanes: Lanes;
  readonly news: News;
  readonly patience?: Patience;
  readonly bounds?: GroupBounds;
}

export interface GroupBounds {
  /** Commands of one group at most. */
  readonly commandsMax: number;
  /** So many that wait get a further lane. */
  readonly spreadAt: number;
  /** Transactions in flight at most that are in no instance's name. */
  readonly slots: number;
  /** Commands that wait at most, of one instance; the next one is rejected at once. */
  readonly waitingMax: number;
  /** Items that are remembered. */
  readonly itemsMax: number;
}

export const GROUP_BOUNDS: GroupBounds = {
  commandsMax: 100,
  spreadAt: 24,
  slots: 8,
  waitingMax: 20_000,
  itemsMax: 20_000,
};

/** Commands of one kind that wait. */
interface Line {
  readonly when_fenced: 'reject' | 'by_revision';
  readonly waiting: Pending[];
  inFlight: number;
}

/** What goes in the name of one instance, or of none. */
interface Station {
  readonly instance_id: string | undefined;
  readonly lines: Map<string, Line>;
  /** Numbers of the lanes without a transaction. */
  readonly free: number[];
  waiting: number;
  /** Whether it will be looked after in a moment. */
  due: boolean;
}

export class GroupCommit implements Transactions {
  readonly #parts: GroupParts;
  readonly #bounds: GroupBounds;
  readonly #stations = new Map<string | undefined, Station>();

  constructor({ bounds, patience, ...parts }: GroupCommitParts) {
    this.#bounds = bounds ?? GROUP_BOUNDS;
    this.#parts = {
      ...parts,
      patience: patience ?? PATIENCE,
      known: new KnownItems(this.#bounds.itemsMax),
      locks: new KeyLocks(),
    };
  }

  run<A>(command: Command<A>): Promise<A> {
    const station = this.#stationOf(command.instance_id);
    if (station.waiting >= this.#bounds.waitingMax) {
      return Promise.reject(new StoreUnavailable('Too much waits for DynamoDB.'));
    }
    return new Promise<A>((resolve, reject) => {
      station.waiting += 1;
      lineOf(station, command).waiting.push({
        command,
        since: this.#parts.clock.monotonic(),
        // The answer of this command: `decide` makes no other.
        resolve: (answer) => resolve(answer as A),
        reject,
      });
      this.#soon(station);
    });
  }

  #stationOf(instanceId: string | undefined): Station {
    const known = this.#stations.get(instanceId);
    if (known !== undefined) return known;
    const { lanes } = this.#parts;
    const slots = instanceId === undefined ? this.#bounds.slots : lanes.count;
    const station: Station = {
      instance_id: instanceId,
      lines: new Map(),
      free: Array.from({ length: slots }, (_, number) => number),
      waiting: 0,
      due: false,
    };
    this.#stations.set(instanceId, station);
    return station;
  }

  /** After what is given in the same step, so that it goes along. */
  #soon(station: Station): void {
    if (station.due) return;
    station.due = true;
    queueMicrotask(() => {
      station.due = false;
      this.#dispatch(station);
    });
  }

  #dispatch(station: Station): void {
    while (station.free.length > 0) {
      const line = this.#next(station);
      if (line === undefined) return;
      const work = this.#take(station, line);
      if (work.length > 0) void this.#carry(station, line, work);
    }
  }

  /** The line whose first command has waited longest, of those that may have a lane. */
  #next(station: Station): Line | undefined {
    let next: Line | undefined;
    for (const line of station.lines.values()) {
      const [first] = line.waiting;
      if (first === undefined) continue;
      if (line.inFlight > 0 && line.waiting.length < this.#bounds.spreadAt) continue;
      if (next === undefined || first.since < (next.waiting[0]?.since ?? 0)) next = line;
    }
    return next;
  }

  /** The next group; what has waited too long is certain not to have happened. */
  #take(station: Station, line: Line): readonly Pending[] {
    const work = line.waiting.splice(0, this.#bounds.commandsMax);
    station.waiting -= work.length;
    const oldest = this.#parts.clock.monotonic() - this.#parts.patience.ms;
    return work.filter((pending) => {
      const inTime = pending.since >= oldest;
      if (!inTime) pending.reject(new StoreUnavailable('DynamoDB is too slow.'));
      return inTime;
    });
  }

  async #carry(station: Station, line: Line, work: readonly Pending[]): Promise<void> {
    const number = station.free.shift() ?? 0;
    line.inFlight += 1;
    const { instance_id } = station;
    const lane =
      instance_id === undefined
        ? undefined
        : { instance_id, number, when_fenced: line.when_fenced };
    const left = await carryOut(this.#parts, lane, work);
    line.waiting.unshift(...left);
    station.waiting += left.length;
    line.inFlight -= 1;
    station.free.push(number);
    this.#dispatch(station);
    this.#clear(station);
  }

  /** Instances come and go. */
  #clear(station: Station): void {
    if (station.waiting > 0 || station.due) return;
    for (const line of station.lines.values()) if (line.inFlight > 0) return;
    this.#stations.delete(station.instance_id);
  }
}

function lineOf(station: Station, { kind, when_fenced = 'reject' }: Command<unknown>): Line {
  const name = `${kind} ${when_fenced}`;
  const known = station.lines.get(name);
  if (known !== undefined) return known;
  const line: Line = { when_fenced, waiting: [], inFlight: 0 };
  station.lines.set(name, line);
  return line;
}
