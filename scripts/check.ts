/**
 * `npm run check`, which is also `npm test`: every check there is, each of which `package.json` can
 * run alone (`npm run check:types`). Quick ones run two at a time; the tests and the package check,
 * which use both cores and start servers, run by themselves. All of them run even if one fails, and
 * what failed is shown in full. The last line of a good run counts the tests that passed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { countTests } from './test-report.ts';

const root = dirname(import.meta.dirname);
const report = join(root, '.build', 'vitest.json');

interface Step {
  /** `check:<name>` in `package.json`. */
  readonly name: string;
  readonly args?: readonly string[];
}

interface Result {
  readonly name: string;
  readonly ok: boolean;
}

/**
 * Stages run one after the other, the steps of a stage side by side, as many as there are cores.
 */
const STAGES: readonly (readonly Step[])[] = [
  [{ name: 'lint' }, { name: 'format' }],
  [{ name: 'types' }, { name: 'tidy' }, { name: 'generated' }],
  [{ name: 'unit', args: ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`] }],
  [{ name: 'package' }],
];

async function main(): Promise<void> {
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const results: Result[] = [];
  for (const stage of STAGES) results.push(...(await Promise.all(stage.map(run))));
  const tests = countTests(readReport());
  const failed = results.filter(({ ok }) => !ok).map(({ name }) => name);
  if (tests.passed + tests.failed === 0) failed.push('unit: no test ran');
  const counts = `${tests.passed} passed, ${tests.failed} failed`;
  if (failed.length === 0 && tests.failed === 0) {
    console.log(`\nEvery check passed. Tests:\n${counts}`);
    return;
  }
  process.exitCode = 1;
  console.log(`\nTests: ${counts}\nFAILED: ${failed.join(', ')}`);
}

/** Runs one step, prints its time, and its output if it failed. */
async function run({ name, args = [] }: Step): Promise<Result> {
  const started = performance.now();
  const child = spawn('npm', ['run', '--silent', `check:${name}`, '--', ...args], {
    cwd: root,
    env: {
      ...process.env,
      NO_COLOR: '1',
      PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      output += error.message;
      resolve(1);
    });
    child.on('close', (status) => resolve(status ?? 1));
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(10)} ${seconds.padStart(6)} s`);
  if (code !== 0) console.log(output.trimEnd());
  return { name, ok: code === 0 };
}

function readReport(): unknown {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as unknown;
  } catch {
    // The runner died before it could write: no test is known to have run.
    return undefined;
  }
}

await main();
