/** What everything in one simulated run has in common. */
import type { Auditor } from './auditor.ts';
import type { Limits } from './catalogue.ts';
import type { Random } from './random.ts';
import type { SimulatedUpstream } from './upstream.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';
import type { Tally, Weather } from './weather.ts';

export interface World {
  readonly timeline: Timeline;
  readonly trace: Trace;
  /** For all that is no part of a process; those have streams of their own. */
  readonly random: Random;
  readonly weather: Weather;
  readonly tally: Tally;
  readonly auditor: Auditor;
  readonly upstream: SimulatedUpstream;
  /** Limits of rates of those who call. */
  readonly limits: Limits;
  /** How far clocks of machines have been from a right one, at the least and at the most so far. */
  readonly clocks: { least: number; most: number };
  /** What a right clock shows when the simulation begins, in milliseconds since the epoch. */
  era: number;
  /** How long a process waits for the store. */
  readonly patienceMs: number;
  /** Whether what a process has given up may still be carried out, and twice. */
  lateWrites: boolean;
  /** When nobody could reach the store, in the order of their beginnings; true time. */
  readonly outages: { readonly from: number; readonly to: number }[];
  /** Until then nobody reaches the store, whenever it was started; true time. */
  awayUntil: number;
  /** From now on nothing goes wrong any more. */
  isCalm: boolean;
}
