/**
 * Random faults of a run: a seeded draw per call, so that two runs with one seed and one order of
 * calls get the same faults.
 */
import { type Chance, chanceFrom } from '../generate/chance.ts';
import { EMPTY_SCRIPT, parseScript, type Script } from './script.ts';

const RATE_STEPS = 1_000_000;

/** What a stream can suffer and a whole answer cannot. */
const STREAM_ONLY: ReadonlySet<string> = new Set(['exception', 'bad-crc']);

/** Draws the faults of a run. */
export class FaultMix {
  readonly #rate: number;
  readonly #ofStreams: readonly Script[];
  readonly #ofWholes: readonly Script[];
  readonly #chance: Chance;

  constructor(rate: number, mix: readonly string[], seed: number) {
    this.#rate = rate;
    this.#ofStreams = mix.map(parseScript);
    this.#ofWholes = this.#ofStreams.filter((script) => !STREAM_ONLY.has(script.fault ?? ''));
    this.#chance = chanceFrom(seed);
  }

  /** The fault of the next call; mostly none. */
  draw(streamed: boolean): Script {
    if (this.#rate === 0) return EMPTY_SCRIPT;
    const faults = streamed ? this.#ofStreams : this.#ofWholes;
    const hit = this.#chance.below(RATE_STEPS) < this.#rate * RATE_STEPS;
    const which = this.#chance.below(faults.length);
    return (hit ? faults[which] : undefined) ?? EMPTY_SCRIPT;
  }
}
