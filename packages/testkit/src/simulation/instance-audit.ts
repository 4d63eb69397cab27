/** Follows who may act: instances as the table has them, and whether those that end may be. */
import type { Auditor } from './auditor.ts';
import { textOf } from './table-model.ts';
import type { Change } from './table-audit.ts';

interface Instance {
  readonly state: string;
  /** True time of its last sign of life: the last write of its head while it was alive. */
  readonly seenAt: number;
  /** The life that registered it. */
  readonly owner: string;
}

/** True time, and times at which nobody could reach the table. */
export interface TrueTime {
  now(): number;
  /** Outages that a span of time has a part in, and how long they were within it. */
  away(from: number, to: number): { readonly times: number; readonly ms: number };
}

/** See the head of the file. */
export class InstanceAudit {
  readonly #auditor: Auditor;
  readonly #time: TrueTime;
  /** A lease of instances, as short as it can seem to a clock that runs fast; milliseconds. */
  readonly #leaseMs: number;
  readonly #instances = new Map<string, Instance>();
  /** How many were taken for dead. */
  fenced = 0;

  constructor(auditor: Auditor, time: TrueTime, leaseMs: number) {
    this.#auditor = auditor;
    this.#time = time;
    this.#leaseMs = leaseMs;
  }

  stateOf(name: string): string {
    return this.#instances.get(name)?.state ?? 'unknown';
  }

  /** The item of an instance has changed, by a life, together with all of `changes`. */
  changed({ sk, after }: Change, changes: readonly Change[], by: string): void {
    const before = this.#instances.get(sk);
    if (after === undefined) {
      this.#instances.delete(sk);
      return;
    }
    const state = textOf(after.state);
    const now = this.#time.now();
    const owner = before?.owner ?? by;
    if (before?.state === 'alive' && state !== 'alive') {
      this.#judgeLanes(sk, Number(after.lanes), changes);
    }
    // Whoever ends in good order may say itself that it is no more.
    if (before?.state === 'alive' && state === 'fenced' && by !== owner) {
      this.fenced += 1;
      this.#auditor.rates?.gone(owner);
      this.#judgeFenced(sk, by, before.seenAt, now);
    }
    const seenAt = state === 'alive' || before === undefined ? now : before.seenAt;
    this.#instances.set(sk, { state, seenAt, owner });
  }

  /** One lane that is left open is enough to go on with. */
  #judgeLanes(name: string, count: number, changes: readonly Change[]): void {
    const closed = changes.filter(
      ({ pk, sk, after }) => pk === `I#${name}` && sk.startsWith('LANE#') && after?.fenced === true,
    );
    if (closed.length === count) return;
    const what = `${name}: ${closed.length} of ${count}`;
    this.#auditor.violated('an instance ends with all its lanes', what);
  }

  #judgeFenced(name: string, by: string, seenAt: number, now: number): void {
    const silent = now - seenAt;
    const told = `${name} by ${by}, ${silent.toFixed(0)} ms after its last sign of life`;
    if (silent < this.#leaseMs) {
      this.#auditor.violated('no living instance is fenced', told);
      return;
    }
    // Each may count for half a lease: after that, it was silent while others could look.
    const { times, ms } = this.#time.away(seenAt, now);
    if (silent - ms >= this.#leaseMs * (1 - times / 2)) return;
    const what = `${told}, of which nobody reached the table for ${ms.toFixed(0)}`;
    this.#auditor.violated('an outage is the death of nobody', what);
  }
}
