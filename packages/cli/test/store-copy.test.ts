/** A store in a file is moved into a table: all of it, once, whatever happens on the way. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStores } from '@tollkeeper/server';
import {
  budget,
  entry,
  postings,
  reserve,
  settle,
  submission,
  unknownUsage,
} from '@tollkeeper/testkit/conformance/fixtures';
import { type DynamoEngine, startDynamoEngine } from '@tollkeeper/testkit/dynamo-engine';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../src/run.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const NOW = Date.now();

let engine: DynamoEngine;
let dir: string;
let dataDir: string;

beforeAll(async () => {
  engine = await startDynamoEngine('dynoxide');
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-copy-'));
  dataDir = join(dir, 'data');
  mkdirSync(dataDir, { recursive: true });
  await fill();
});

afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await engine.stop();
});

/** Something of everything that a store has. */
async function fill(): Promise<void> {
  const { ledger, catalog, refusals } = await openStores({ dataDir });
  const audit = {
    ...{ audit_id: 'a1', at: NOW, actor: { kind: 'cli' as const, id: 'me' }, action: 'made' },
    ...{ request_id: null, source_ip: null },
  };
  await ledger.putBudget({ budget: budget({ amount: 10_000n }), at: NOW, audit });
  const total = { budget_id: 'total', window: 'total' as const, amount: 10n ** 9n };
  await ledger.putBudget({ budget: budget(total), at: NOW });
  for (let version = 0; version < 3; version++) {
    await catalog.put({ kind: 'organization', id: 'org', parent: '', value: { version } });
  }
  await catalog.put({ kind: 'application', id: 'org/app', parent: 'org', value: { a: 'ä' } });
  const about = { org_id: 'org', app_id: 'app', user_id: null, key_id: null, model_id: 'model' };
  await refusals.recordRefusals([
    { refusal_id: 'r', at: NOW, ...about, operation: null, error: 'E', reason: 'r', count: 3 },
  ]);
  const times = { started_at: NOW, ended_at: NOW + 5 };
  for (const id of ['one', 'two']) {
    await ledger.reserve(reserve(id, 20n, { at: NOW, request_id: `request of ${id}` }));
    const facts = id === 'two' ? unknownUsage(20n) : {};
    const draft = entry(id, id === 'two' ? 0n : 7n, { ...times, ...facts });
    await ledger.settle({ ...settle(id, 0n), entry: draft, postings: postings(draft) });
  }
  const corrected = entry('correction', 9n, {
    ...{ ...times, entry_type: 'correction', corrects_entry_id: 'two', attempt_id: 'two' },
  });
  await ledger.record({
    ...{ instance_id: 'job', entry: corrected, postings: postings(corrected), at: NOW },
    cause: 'correction',
  });
  const many = Array.from({ length: 1_000 }, (_, number) => `s${number}`);
  await Promise.all(
    many.map((id) => ledger.record({ ...submission(id, 3n), instance_id: 'busy' })),
  );
  await ledger.close();
}

/** Arguments of the copy into a table of this name. */
const argv = (prefix: string): readonly string[] => [
  ...['store', 'copy', '--from', 'sqlite', '--to', 'dynamodb', '--data-dir', dataDir],
  ...['--dynamodb-endpoint', engine.endpoint, '--table-prefix', prefix],
];
const copy = (prefix: string, ...more: string[]): Promise<Ended> =>
  tollkeeper(...argv(prefix), ...more);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

async function tollkeeper(...words: readonly string[]): Promise<Ended> {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await run(words, {
    env: {},
    out: (text) => out.push(text),
    note: (text) => notes.push(text),
    readFile: () => '',
    fetch,
  });
  return { code, out: out.join(''), notes: notes.join('') };
}

/** Kills a copy as soon as it says that it is so far; resolves to the signal that ended it. */
function killedAt(prefix: string, said: RegExp): Promise<NodeJS.Signals | null> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(process.execPath, [MAIN, ...argv(prefix)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH, NODE_COMPILE_CACHE },
  });
  let notes = '';
  child.stderr.on('data', (text) => {
    notes += String(text);
    if (said.test(notes)) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
}

it('goes on where it was killed, and proves that both say the same', async () => {
  expect(await killedAt('killed-', /Copying: [2-6]\d %/)).toBe('SIGKILL');
  const ended = await copy('killed-', '--json');
  expect(ended.notes).toMatch(/Copying: 100 %/);
  expect(ended.code).toBe(0);
  const report = JSON.parse(ended.out) as {
    entries: number;
    proof: { organizations: unknown; budgets: unknown; writers: readonly { entries: unknown }[] };
  };
  expect(report).toMatchObject({ kind: 'copied', resumed: true, proof: { agrees: true } });
  expect(report.entries).toBeGreaterThan(0);
  expect(report.entries).toBeLessThan(1_003);
  // 7, a correction to 9 and 1,000 of 3; of unknown usage nothing is left but what it was held for.
  expect(report.proof.organizations).toMatchObject([
    { org_id: 'org', cost: { from: '3016', to: '3016' } },
  ]);
  expect(report.proof.budgets).toMatchObject([
    { budget_id: 'budget', posted: { from: '36', to: '36' } },
    { budget_id: 'total', posted: { from: '3036', to: '3036' } },
  ]);
  expect(report.proof).toMatchObject({
    documents: { from: 2, to: 2 },
    audit: { from: 1, to: 1 },
    refusals: { from: 1, to: 1 },
  });

  const again = await copy('killed-');
  expect(again.code).toBe(0);
  expect(again.out).toContain('It was copied before; nothing was written.');
  expect(again.out).toMatch(/entries of busy +1000 +1000\n/);
  expect(again.out).toContain('Both stores say the same.');
}, 60_000);

it('copies nothing into a table that is in use, nor what is on its way', async () => {
  const { ledger } = await openStores({ dataDir });
  await ledger.reserve(reserve('open', 20n, { at: NOW }));
  const held = await copy('held-');
  expect(held.code).toBe(1);
  expect(held.notes).toMatch(/1 calls in the source were on their way.*Start a server/s);
  await ledger.release('open');
  await ledger.close();
  const wrong = await tollkeeper('store', 'copy', '--from', 'dynamodb', '--to', 'sqlite');
  expect(wrong.code).toBe(2);
}, 60_000);
