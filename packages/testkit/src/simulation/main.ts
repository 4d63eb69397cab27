/**
 * `npm run simulate`: many seeds on a few threads, or one seed with all that happened in it.
 *
 *   npm run simulate -- --seeds 10000 --workers 2
 *   npm run simulate -- --seed 4711
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { engineNamed } from './engines.ts';
import { Report } from './report.ts';
import { simulate, type Outcome } from './simulate.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const LAST_LINES = 200;
const PROGRESS_MS = 15_000;

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly workers: number;
  readonly engine: string;
  /** Of a replay so many lines are printed. */
  readonly lines: number;
  /** Stop after so many seeds with violations. */
  readonly failuresMax: number;
}

function optionsOf(argv: readonly string[]): Options & { readonly seed: number | undefined } {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      engine: { type: 'string', default: 'dynamodb' },
      seed: { type: 'string' },
      lines: { type: 'string', default: String(LAST_LINES) },
      'failures-max': { type: 'string', default: '20' },
    },
  });
  return {
    seeds: wholeNumber('--seeds', values.seeds),
    from: wholeNumber('--from', values.from),
    workers: wholeNumber('--workers', values.workers),
    engine: values.engine,
    lines: wholeNumber('--lines', values.lines),
    failuresMax: wholeNumber('--failures-max', values['failures-max']),
    seed: values.seed === undefined ? undefined : wholeNumber('--seed', values.seed),
  };
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${flag} should be a whole number, not ${text}.`);
  return Number(text);
}

/** One seed, with what happened last in it. */
async function replay(
  seed: number,
  { engine, lines: last }: Pick<Options, 'engine' | 'lines'>,
): Promise<boolean> {
  const outcome = await simulate(seed, {
    engine: engineNamed(engine),
    readable: true,
    stopEarly: true,
  });
  const { violations, lines, hash, events, virtualMs } = outcome;
  for (const line of lines.slice(-last)) say(line);
  say(`seed ${seed}: ${events} events in ${(virtualMs / 1_000).toFixed(1)} s, trace ${hash}`);
  for (const { rule, what } of violations) say(`VIOLATED ${rule}: ${what}`);
  if (violations.length === 0) say('nothing was violated');
  return violations.length === 0;
}

interface FromWorker {
  readonly seed: number;
  readonly outcome?: Outcome;
  readonly failed?: string;
}

/** Many seeds. */
async function runAll(options: Options): Promise<boolean> {
  const report = new Report();
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  };
  let next = options.from;
  const end = options.from + options.seeds;
  const failed: string[] = [];
  // Ctrl+C: what was begun is ended, and reported.
  process.once('SIGINT', () => {
    next = end;
  });
  const progress = setInterval(() => {
    const rate = report.seeds / seconds();
    say(`${report.seeds} seeds, ${rate.toFixed(1)} a second, ${report.violations} violations`);
  }, PROGRESS_MS);
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url));
      const send = (): void => {
        if (next >= end || report.broken.length + failed.length >= options.failuresMax) {
          worker.terminate().then(() => resolve(), reject);
          return;
        }
        worker.postMessage({ seed: next, engine: options.engine });
        next += 1;
      };
      worker.on('message', ({ seed, outcome, failed: why }: FromWorker) => {
        if (outcome !== undefined) report.add(outcome);
        const violation = outcome?.violations[0];
        if (violation !== undefined) say(`seed ${seed}: ${violation.rule}: ${violation.what}`);
        if (why !== undefined) failed.push(`seed ${seed} could not be run: ${why}`);
        send();
      });
      worker.on('error', reject);
      send();
    });
  await Promise.all(Array.from({ length: options.workers }, work));
  clearInterval(progress);
  for (const line of [...failed, ...report.lines(seconds(), cpuMs())]) say(line);
  const [first] = report.broken;
  if (first !== undefined) await replay(first.seed, options);
  return report.broken.length === 0 && failed.length === 0 && report.voidBecause.length === 0;
}

const { seed, ...options } = optionsOf(process.argv.slice(2));
const fine = seed === undefined ? await runAll(options) : await replay(seed, options);
process.exitCode = fine ? 0 : 1;
