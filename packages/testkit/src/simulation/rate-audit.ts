/**
 * Holds calls that were sent against the limits of rates: the buckets of all processes together
 * never give more than one bucket would have, which begins full and refills with time.
 */
import type { Limits } from './catalogue.ts';
import type { SubjectFact } from './table-model.ts';

/** True time, and how far the clocks of machines have been apart so far, in milliseconds. */
export interface Clocks {
  now(): number;
  apart(): number;
}

/** A clock that is set back by more makes a bucket begin anew. */
const ANEW_MS = 60_000;
const MINUTE_MS = 60_000;

/** See the head of the file. */
export class RateAudit {
  readonly #limits: Limits;
  readonly #clocks: Clocks;
  readonly #violated: (rule: string, what: string) => void;
  readonly #sent = new Map<string, number>();
  /** Running calls with their party, by attempt. */
  readonly #running = new Map<string, { readonly party: string; readonly life: string }>();
  readonly #from: number;

  constructor(limits: Limits, clocks: Clocks, violated: (rule: string, what: string) => void) {
    this.#limits = limits;
    this.#clocks = clocks;
    this.#violated = violated;
    this.#from = clocks.now();
  }

  /** An attempt was sent by a life. */
  sent(attempt: string, subject: SubjectFact, life: string): void {
    for (const party of partiesOf(subject)) {
      const limits = this.#limits.get(party);
      if (limits === undefined) continue;
      const sent = (this.#sent.get(party) ?? 0) + 1;
      this.#sent.set(party, sent);
      const most = this.#most(limits.requests_per_minute);
      if (sent > most) {
        const what = `${party}: ${sent} requests, the limit gave ${most.toFixed(1)}`;
        this.#violated('all processes together keep the limit of requests', what);
      }
      if (limits.concurrent_requests === undefined) continue;
      this.#running.set(`${attempt} ${party}`, { party, life });
      const running = [...this.#running.values()].filter((call) => call.party === party).length;
      if (running > limits.concurrent_requests) {
        const what = `${party}: ${running} of ${limits.concurrent_requests}`;
        this.#violated('all processes together keep the limit of running calls', what);
      }
    }
  }

  /** A process was told the end of an attempt. */
  ended(attempt: string): void {
    if (this.#running.size === 0) return;
    for (const name of this.#running.keys()) {
      if (name.startsWith(`${attempt} `)) this.#running.delete(name);
    }
  }

  /** A life has died, or was taken for dead: what it ran counts no more. */
  gone(life: string): void {
    for (const [name, call] of this.#running) if (call.life === life) this.#running.delete(name);
  }

  /** When all is quiet: what calls used of tokens whose usage is known. */
  whenQuiet(used: readonly { readonly subject: SubjectFact; readonly tokens: bigint }[]): void {
    const sums = new Map<string, bigint>();
    for (const { subject, tokens } of used) {
      for (const party of partiesOf(subject)) sums.set(party, (sums.get(party) ?? 0n) + tokens);
    }
    for (const [party, { tokens_per_minute }] of this.#limits) {
      const most = this.#most(tokens_per_minute);
      if (Number(sums.get(party) ?? 0n) <= most) continue;
      const what = `${party}: ${sums.get(party)} tokens, the limit gave ${most.toFixed(0)}`;
      this.#violated('all processes together keep the limit of tokens', what);
    }
  }

  /** What one bucket would have given by now at most. */
  #most(perMinute: number | undefined): number {
    const apart = this.#clocks.apart();
    if (perMinute === undefined || apart >= ANEW_MS) return Infinity;
    return perMinute * (1 + (this.#clocks.now() - this.#from + apart) / MINUTE_MS);
  }
}

/** The names of those whose limits a call is under. */
function partiesOf({ org_id, app_id, key_id }: SubjectFact): string[] {
  return [`key ${key_id}`, `application ${org_id}/${app_id}`, `organization ${org_id}`];
}
