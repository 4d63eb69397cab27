/** What a run is asked to do. */
import { parseArgs } from 'node:util';

export interface Options {
  /** Kills at every named crash point. */
  readonly killsPerPoint: number;
  /** Kills at random moments. */
  readonly randomKills: number;
  /** Callers at once. */
  readonly callers: number;
  readonly seed: number;
  /**
   * Where ledger and logs go; null: a temporary directory, removed after a run without findings.
   */
  readonly dataDir: string | null;
  readonly verbose: boolean;
}

export const CHAOS_USAGE = `usage: npm run chaos -- [--kills-per-point 10] [--random-kills 100]
  [--callers 16] [--seed N] [--data-dir DIR] [--quick] [--verbose]
Kills the gateway again and again while it is being called, and compares its ledger with the
upstream's book. Exits with 0 when every promise held, 1 when one was broken, 2 when the run itself
failed and 3 when it proves too little.
`;

const FULL = { killsPerPoint: 10, randomKills: 100, callers: 16 };
const QUICK = { killsPerPoint: 1, randomKills: 3, callers: 8 };

/** Reads the command line. Throws an Error that says what is wrong with it. */
export function readOptions(argv: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: {
      'kills-per-point': text,
      'random-kills': text,
      callers: text,
      seed: text,
      'data-dir': text,
      quick: flag,
      verbose: flag,
    },
  });
  const profile = values.quick ? QUICK : FULL;
  return {
    killsPerPoint: whole('kills-per-point', values['kills-per-point'], profile.killsPerPoint),
    randomKills: whole('random-kills', values['random-kills'], profile.randomKills),
    callers: whole('callers', values.callers, profile.callers),
    seed: whole('seed', values.seed, Date.now() % 1_000_000),
    dataDir: values['data-dir'] ?? null,
    verbose: values.verbose,
  };
}

function whole(name: string, stated: string | undefined, unset: number): number {
  if (stated === undefined) return unset;
  if (!/^\d{1,9}$/.test(stated)) throw new Error(`--${name} is a whole number, not "${stated}"`);
  return Number(stated);
}
