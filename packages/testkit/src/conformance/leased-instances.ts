/**
 * Several instances on one store, each with leases of its own, told apart by the instance that a
 * command names. Before another one is asked, the rest give back what they do not use: so together
 * they answer as one ledger without leases.
 */
import type { LedgerStore, RecordEntry, Reserve, Settle } from '@tollkeeper/server';
import type { LeasedLedger } from '@tollkeeper/server/inside';

/** Instances that are remembered; older ones without a lease are gone. */
const KEPT = 4;

export class LeasedInstances {
  readonly #open: (instanceId: string) => LeasedLedger;
  readonly #ledgers = new Map<string, LeasedLedger>();
  /** Who made the holds that may be open. */
  readonly #makers = new Map<string, LeasedLedger>();
  readonly #opened: LeasedLedger['counts'][] = [];
  #latest: LeasedLedger;

  constructor(open: (instanceId: string) => LeasedLedger, first: string) {
    this.#open = open;
    this.#latest = this.#ledgerOf(first);
  }

  /** Blocks that were taken by all of them. */
  get taken(): number {
    return this.#opened.reduce((sum, { taken }) => sum + taken, 0);
  }

  /** Whether more than one has been asked. */
  get areSeveral(): boolean {
    return this.#opened.length > 1;
  }

  /** Leases of which nobody knew any more what they had. */
  get doubted(): number {
    return this.#opened.reduce((sum, { doubted }) => sum + doubted, 0);
  }

  /** Sends each command to the instance that it names, and the rest to the one asked last. */
  get ledger(): LedgerStore {
    const through = {
      reserve: async (command: Reserve) => {
        const ledger = this.#ledgerOf(command.instance_id);
        const { attempt_id } = command.intent;
        const isNew = !this.#makers.has(attempt_id);
        if (isNew) this.#makers.set(attempt_id, ledger);
        const reserved = await (await this.#turnOf(ledger)).reserve(command);
        if (reserved.kind === 'held') this.#makers.set(attempt_id, ledger);
        else if (isNew) this.#makers.delete(attempt_id);
        return reserved;
      },
      settle: async (command: Settle) => {
        const maker = this.#makers.get(command.entry.attempt_id);
        return (await this.#turnOf(maker ?? this.#ledgerOf(command.instance_id))).settle(command);
      },
      release: async (attemptId: string) =>
        (await this.#turnOf(this.#makers.get(attemptId) ?? this.#latest)).release(attemptId),
      record: async (command: RecordEntry) =>
        (await this.#turnOf(this.#ledgerOf(command.instance_id))).record(command),
    };
    return new Proxy<LedgerStore>(this.#latest, {
      get: (_, name) => {
        if (name in through) return Reflect.get(through, name) as unknown;
        const member: unknown = Reflect.get(this.#latest, name);
        return typeof member === 'function' ? (member.bind(this.#latest) as unknown) : member;
      },
    });
  }

  #ledgerOf(instanceId: string): LeasedLedger {
    const known = this.#ledgers.get(instanceId);
    if (known !== undefined) return known;
    // Those asked first are those of commands long over.
    for (const [oldest, old] of this.#ledgers) {
      const isUnused = old.leases === 0 && old !== this.#latest;
      if (this.#ledgers.size >= KEPT && isUnused) this.#ledgers.delete(oldest);
    }
    const ledger = this.#open(instanceId);
    this.#ledgers.set(instanceId, ledger);
    this.#opened.push(ledger.counts);
    return ledger;
  }

  async #turnOf(ledger: LeasedLedger): Promise<LeasedLedger> {
    if (ledger === this.#latest) return ledger;
    this.#latest = ledger;
    for (const other of this.#ledgers.values()) if (other !== ledger) await other.giveBack();
    return ledger;
  }
}
