/** Three processes on one file of rate limits: together they admit exactly what one would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openInstanceLocks } from '../../../src/adapters/sqlite/instance-lock.ts';
import { openSqliteRates } from '../../../src/adapters/sqlite-rates/store.ts';
import { freeDeadSlots } from '../../../src/jobs/rate-recovery.ts';
import { aTake, party } from '../rate-conformance.ts';

const TAKER = join(import.meta.dirname, 'taker.ts');
const INSTANCES = ['one', 'two', 'three'];

interface Taker {
  readonly child: ChildProcess;
  /** Sends a line of work; how many were admitted. */
  ask(line: string): Promise<number>;
}

let dir = '';
let path = '';
let takers: Taker[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-rates-'));
  path = join(dir, 'rates.db');
  takers = await Promise.all(INSTANCES.map((instance) => startTaker(instance)));
});

afterEach(async () => {
  for (const { child } of takers) await kill(child);
  rmSync(dir, { recursive: true });
});

async function startTaker(instance: string): Promise<Taker> {
  const child = spawn(process.execPath, [TAKER, path, instance, join(dir, 'instances')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('The taker has ended.');
    return line.value;
  };
  if ((await next()) !== 'ready') throw new Error('The taker did not start.');
  return {
    child,
    ask: async (line) => {
      child.stdin.write(`${line}\n`);
      return Number(await next());
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function askAll(line: string): Promise<number> {
  const admitted = await Promise.all(takers.map((taker) => taker.ask(line)));
  return admitted.reduce((sum, each) => sum + each, 0);
}

test('of requests in a window exactly the limit is admitted, whoever asks', async () => {
  expect(await askAll('count client 1000 900')).toBe(1_000);
  expect(await askAll('count client 1000 10')).toBe(0);
});

test('of calls a minute exactly the limit is admitted, whoever asks', async () => {
  expect(await askAll('take key {"requests_per_minute":500} 400')).toBe(500);
});

test('of running calls exactly the limit is admitted; a killed process holds none', async () => {
  const limits = { concurrent_requests: 90 };
  const work = `take org ${JSON.stringify(limits)}`;
  for (const taker of takers) expect(await taker.ask(`${work} 30`)).toBe(30);
  expect(await askAll(`${work} 5`)).toBe(0);
  const [victim] = takers;
  if (victim === undefined) throw new Error('There is no taker.');
  await kill(victim.child);

  const locks = await openInstanceLocks(join(dir, 'instances'), 'sweeper');
  const rates = await openSqliteRates({
    path,
    answerMsMax: 60_000,
    busyTimeoutMs: 30_000,
    onFatal: (error) => {
      throw error;
    },
  });
  try {
    expect(await freeDeadSlots({ rates, locks })).toBe(1);
    expect(await freeDeadSlots({ rates, locks })).toBe(0);
    expect([...(await rates.instances())].sort()).toEqual(['three', 'two']);
    const parties = [party('org', limits)];
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => rates.take(aTake(parties, { instance_id: 'sweeper' }))),
    );
    expect(answers.filter(({ kind }) => kind === 'admitted')).toHaveLength(30);
  } finally {
    await rates.close();
    locks.release();
  }
});
