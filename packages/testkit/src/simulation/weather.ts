/**
 * What goes wrong in one run: which kinds of fault there are and how often, drawn from the seed.
 * Every run draws its own weather, mild or harsh, so that faults are also met alone and in pairs;
 * from the moment of calm on, nothing goes wrong any more.
 */
import type { Random } from './random.ts';

/** Every kind of fault, by where it strikes. */
export const FAULTS = [
  // Processes.
  'crash',
  'crash_in_step',
  'restart',
  'shutdown',
  'pause',
  'pause_beyond_lease',
  'clock_skew',
  'clock_step',
  // Between processes and the store.
  'partition',
  'outage',
  'write_lost',
  'read_lost',
  'answer_lost_after_commit',
  'read_answer_lost',
  'delayed',
  'reordered',
  'delivered_twice',
  'carried_out_late',
  'throttled',
  'write_throttled',
  'conflict',
  'expired',
  // Upstream.
  'not_connected',
  'reset_before_read',
  'reset_after_read',
  'upstream_error',
  'hidden_usage',
  'stream_cut',
  'stream_exception',
  'over_bound',
  // Callers and operators.
  'client_left',
  'client_repeated',
  'submission_repeated',
  'limit_changed',
  'budget_made',
  'budget_removed',
  'key_revoked',
] as const;
export type Fault = (typeof FAULTS)[number];

/** How often each fault happened. */
export class Tally {
  readonly #counts = new Map<string, number>();

  count(what: Fault, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  of(what: Fault): number {
    return this.#counts.get(what) ?? 0;
  }

  all(): Record<Fault, number> {
    return Object.fromEntries(FAULTS.map((fault) => [fault, this.of(fault)])) as Record<
      Fault,
      number
    >;
  }
}

/** Chances of one event each, from 0 to 1; times in milliseconds. */
export interface Weather {
  /** Of requests to the store: the way there, the way back, a second copy. */
  readonly requestLost: number;
  readonly answerLost: number;
  readonly duplicated: number;
  /** Of a message that takes far longer than others. */
  readonly slow: number;
  readonly throttled: number;
  readonly conflict: number;
  readonly latencyMs: number;
  readonly notConnected: number;
  readonly reset: number;
  readonly upstreamError: number;
  readonly hiddenUsage: number;
  /** Of a stream that it ends before its time. */
  readonly streamCut: number;
  readonly overBound: number;
  /** The upstream uses all that was asked for. */
  readonly worstTokens: boolean;
  readonly clientLeaves: number;
  readonly crashInStep: number;
  /** Mean time between two of them, over all processes. */
  readonly crashEveryMs: number;
  readonly shutdownEveryMs: number;
  readonly pauseEveryMs: number;
  readonly partitionEveryMs: number;
  /** The table is away for everybody. */
  readonly outageEveryMs: number;
  readonly clockStepEveryMs: number;
  readonly budgetChangeEveryMs: number;
  readonly skewMs: number;
}

/** The weather of one run. */
export function drawWeather(random: Random): Weather {
  /** Absent in some runs, mild in most, harsh in few. */
  const rate = (mild: number, harsh: number): number => {
    const draw = random.next();
    if (draw < 0.25) return 0;
    return draw < 0.85 ? random.between(0, mild) : random.between(mild, harsh);
  };
  const every = (ms: number): number =>
    random.chance(0.25) ? Infinity : random.between(ms, 4 * ms);
  return {
    requestLost: rate(0.01, 0.1),
    answerLost: rate(0.01, 0.1),
    duplicated: rate(0.02, 0.2),
    slow: rate(0.02, 0.15),
    throttled: rate(0.01, 0.1),
    conflict: rate(0.01, 0.1),
    latencyMs: random.between(1, 8),
    notConnected: rate(0.02, 0.2),
    reset: rate(0.03, 0.2),
    upstreamError: rate(0.03, 0.2),
    hiddenUsage: rate(0.03, 0.2),
    streamCut: rate(0.1, 0.5),
    overBound: rate(0.02, 0.1),
    worstTokens: random.chance(0.3),
    clientLeaves: rate(0.1, 0.5),
    crashInStep: rate(0.002, 0.01),
    crashEveryMs: every(15_000),
    shutdownEveryMs: every(20_000),
    pauseEveryMs: every(6_000),
    partitionEveryMs: every(15_000),
    outageEveryMs: every(40_000),
    clockStepEveryMs: every(10_000),
    budgetChangeEveryMs: random.chance(0.2) ? random.between(300, 2_000) : every(8_000),
    skewMs: random.chance(0.3) ? 0 : random.between(0, 3_000),
  };
}
