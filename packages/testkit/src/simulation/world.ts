/** What everything in one simulated run has in common. */
import type { Auditor } from './auditor.ts';
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
  /** What a right clock shows when the simulation begins, in milliseconds since the epoch. */
  readonly era: number;
  /** How long a process waits for the store. */
  readonly patienceMs: number;
  /** Whether what a process has given up may still be carried out, and twice. */
  lateWrites: boolean;
  /** From now on nothing goes wrong any more. */
  isCalm: boolean;
}
