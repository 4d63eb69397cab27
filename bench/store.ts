/**
 * `node bench/store.ts`: intents and settlements through the ledger port on SQLite.
 *
 *     node bench/store.ts [--calls N] [--concurrency N] [--rounds N] [--dir DIR] [--quick]
 *
 * One call is a reserve and a settle, each durable when it answers, under one daily budget of the
 * organization. The callers run on the event loop of this process, the store in its threads: with
 * two cores, one each. Prints the best round, how many commands shared a commit, what one sync of
 * this disk costs, and a digest of what the ledger then says: whoever makes it faster must not
 * change it. Exit code 0: at least 50,000 intents and settlements a second; 1: less.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSqliteStore } from '../packages/server/src/adapters/sqlite/store.ts';
import type { LedgerStore } from '../packages/server/src/ports/ledger-store.ts';
import { AT, ORG, reserveOf, settleOf } from './ledger-work.ts';

const TARGET_PER_SECOND = 50_000;
interface Round {
  readonly perSecond: number;
  readonly commits: number;
  readonly commandsPerCommit: number;
  /** CPU time of a call on the event loop, and in the threads of the store, in microseconds. */
  readonly loopUs: number;
  readonly threadsUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly digest: string;
}

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '150000' },
    concurrency: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '3' },
    dir: { type: 'string', default: tmpdir() },
    quick: { type: 'boolean', default: false },
  },
});

await main();

async function main(): Promise<void> {
  const calls = options.quick ? 2_000 : Number(options.calls);
  const rounds = options.quick ? 1 : Number(options.rounds);
  mkdirSync(options.dir, { recursive: true });
  const results: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    results.push(await runRound(calls, Number(options.concurrency)));
  }
  const digests = new Set(results.map((round) => round.digest));
  if (digests.size !== 1) throw new Error('Two rounds left different ledgers behind.');
  const best = results.reduce((a, b) => (b.perSecond > a.perSecond ? b : a));
  const sync = syncMs();
  console.log(`store: ${calls} calls, ${options.concurrency} at a time, best of ${rounds}`);
  console.log(
    `  intents + settlements   ${Math.round(best.perSecond)}/s (of ${TARGET_PER_SECOND})`,
  );
  console.log(
    `  all rounds              ${results.map((r) => Math.round(r.perSecond)).join(', ')}`,
  );
  console.log(
    `  commits                 ${best.commits}, ${best.commandsPerCommit.toFixed(1)} commands each`,
  );
  console.log(
    `  CPU of a call           ${best.loopUs.toFixed(1)} us on the event loop, ` +
      `${best.threadsUs.toFixed(1)} us in the threads`,
  );
  console.log(`  reserve p50, p99        ${best.p50Ms.toFixed(2)} ms, ${best.p99Ms.toFixed(2)} ms`);
  console.log(
    `  sync of this disk       p50 ${sync.p50.toFixed(3)} ms, p99 ${sync.p99.toFixed(3)} ms`,
  );
  console.log(`  digest of the ledger    ${best.digest}`);
  process.exitCode = options.quick || best.perSecond >= TARGET_PER_SECOND ? 0 : 1;
}

async function runRound(calls: number, concurrency: number): Promise<Round> {
  const dir = mkdtempSync(join(options.dir, 'tollkeeper-store-'));
  let commits = 0;
  const { ledger } = await openSqliteStore({
    path: join(dir, 'store.db'),
    onFatal: (error) => {
      throw error;
    },
    onCommit: () => (commits += 1),
  });
  try {
    await ledger.putBudget({
      budget: {
        budget_id: 'daily',
        scope: { type: 'organization', org_id: ORG },
        match: null,
        limit: { unit: 'usd', amount: 10n ** 18n },
        window: 'day',
        timezone: 'Europe/Zurich',
        mode: 'enforce',
      },
      at: AT,
    });
    await runCalls(ledger, 0, Math.min(calls, 5_000), concurrency);
    commits = 0;
    const started = performance.now();
    const [processBefore, loopBefore] = [process.cpuUsage(), process.threadCpuUsage()];
    const waits = await runCalls(ledger, 5_000, calls, concurrency);
    const loopUs = spentUs(process.threadCpuUsage(loopBefore));
    const processUs = spentUs(process.cpuUsage(processBefore));
    const seconds = (performance.now() - started) / 1_000;
    waits.sort();
    return {
      perSecond: (2 * calls) / seconds,
      commits,
      commandsPerCommit: (2 * calls) / commits,
      loopUs: loopUs / calls,
      threadsUs: (processUs - loopUs) / calls,
      p50Ms: waits[Math.floor(waits.length * 0.5)] ?? 0,
      p99Ms: waits[Math.floor(waits.length * 0.99)] ?? 0,
      digest: await digestOf(ledger),
    };
  } finally {
    await ledger.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Runs calls with so many at a time; returns how long each reserve took, in milliseconds. */
async function runCalls(
  ledger: LedgerStore,
  first: number,
  calls: number,
  concurrency: number,
): Promise<Float64Array> {
  const waits = new Float64Array(calls);
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < calls) {
      const index = next++;
      const started = performance.now();
      await runCall(ledger, first + index, (ms) => (waits[index] = ms - started));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return waits;
}

async function runCall(
  ledger: LedgerStore,
  number: number,
  reservedAt: (ms: number) => void,
): Promise<void> {
  const reserve = reserveOf(number);
  const reserved = await ledger.reserve(reserve);
  reservedAt(performance.now());
  if (reserved.kind !== 'held') throw new Error(`A reserve was answered with ${reserved.kind}.`);
  const settled = await ledger.settle(settleOf(reserve));
  if (settled.kind !== 'settled') throw new Error(`A settle was answered with ${settled.kind}.`);
}

/** What the ledger says in the end: sums, balance and numbering. */
async function digestOf(ledger: LedgerStore): Promise<string> {
  const { total } = await ledger.summary({ group_by: [] });
  const [state] = await ledger.budgets(AT);
  const said = [total, state?.balance.posted, state?.balance.held, await ledger.writers()];
  const text = JSON.stringify(said, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function spentUs({ user, system }: NodeJS.CpuUsage): number {
  return user + system;
}

/** What writing and syncing one page of this disk costs. */
function syncMs(): { p50: number; p99: number } {
  const dir = mkdtempSync(join(options.dir, 'tollkeeper-sync-'));
  const file = openSync(join(dir, 'page'), 'w');
  const page = Buffer.alloc(4_096, 1);
  const times = Array.from({ length: 200 }, () => {
    const started = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    return performance.now() - started;
  }).sort((a, b) => a - b);
  closeSync(file);
  rmSync(dir, { recursive: true, force: true });
  return { p50: times[100] ?? 0, p99: times[198] ?? 0 };
}
