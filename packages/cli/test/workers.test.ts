/** Several processes that serve one port, as their users run them: real ones, killed for real. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Demo } from '../src/demo-file.ts';
import { start, tollkeeper } from './program.ts';

const NOVA = 'amazon.nova-micro-v1%3A0';
const CALL = '{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}';
const PATIENCE_MS = 20_000;

let dataDir: string;
let child: ChildProcess;
let demo: Demo;

function readDemo(dir = dataDir): Demo {
  return JSON.parse(readFileSync(join(dir, 'demo.json'), 'utf8')) as Demo;
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-workers-'));
  const waits = ['--sweep-interval-ms', '200', '--admission-wait-ms', '200'];
  const argv = ['serve', '--demo', '--port', '0', '--data-dir', dataDir, '--workers', '2'];
  const ready = await start([...argv, ...waits], 'ready ');
  child = ready.child;
  demo = readDemo();
  expect(ready.line).toBe(`ready ${demo.endpoint}`);
});

afterAll(async () => {
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function stop(): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return undefined;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  return ended;
}

interface Answered {
  /** 0: the connection broke. */
  readonly status: number;
  readonly body: string;
}

/** A request on a connection of its own, so that it may come to any of the workers. */
function send(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answered> {
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url, { method, headers, agent: false }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (part: string) => (text += part));
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body: text }));
      reply.on('error', () => resolve({ status: 0, body: text }));
    });
    sent.on('error', () => resolve({ status: 0, body: '' }));
    sent.end(body);
  });
}

function converse(fault?: string, { api_key, endpoint } = demo): Promise<Answered> {
  const headers = {
    authorization: `Bearer ${api_key}`,
    'content-type': 'application/json',
    ...(fault === undefined ? {} : { 'x-simulator-fault': fault }),
  };
  return send(`${endpoint}/model/${NOVA}/converse`, headers, CALL);
}

async function read<T>(path: string): Promise<T> {
  const { body } = await send(`${demo.endpoint}${path}`, { 'x-api-key': demo.provisioning_key });
  return JSON.parse(body) as T;
}

async function metrics(): Promise<string> {
  return (await send(`${demo.endpoint}/metrics`, { 'x-api-key': demo.provisioning_key })).body;
}

/** The samples of a metric, by worker. */
async function sampled(name: string): Promise<number[]> {
  const found = (await metrics()).matchAll(
    new RegExp(`^${name}\\{worker="(\\d+)".*\\} (\\d+)$`, 'gm'),
  );
  const sums: number[] = [];
  for (const [, worker, value] of found) {
    sums[Number(worker) - 1] = (sums[Number(worker) - 1] ?? 0) + Number(value);
  }
  return sums;
}

async function eventually(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 50) {
    if (waited > PATIENCE_MS) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('serves one port with all of them, as one product', async () => {
  const { worker_pids: pids } = demo;
  expect(new Set([demo.gateway_pid, ...pids]).size).toBe(3);
  const tail = await fetch(`${demo.endpoint}/api/v1/usage/tail`, {
    headers: { 'x-api-key': demo.provisioning_key },
  });
  const answers = await Promise.all(Array.from({ length: 8 }, () => converse()));
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect(await sampled('tollkeeper_worker_up')).toEqual([1, 1]);
  const requests = await sampled('tollkeeper_requests_total');
  expect(sumOf(requests)).toBe(8);
  expect(Math.min(...requests)).toBeGreaterThan(0);
  await heard(tail, 8);
});

it('takes with each of them what one of them hands out', async () => {
  const person = JSON.stringify({ tenant: 'tenant-1' });
  const handed = await send(`${demo.issuer ?? ''}/demo-token`, {}, person);
  const { id_token } = JSON.parse(handed.body) as { id_token: string };
  const bearer = { authorization: `Bearer ${id_token}`, 'content-type': 'application/json' };
  const chat = (): Promise<Answered> =>
    send(`${demo.endpoint}/bedrock/chat`, bearer, '{"prompt":"Hello"}');
  const answers = await Promise.all([chat(), chat(), chat(), chat()]);
  expect(answers.map(({ status }) => status)).toEqual(Array(4).fill(200));
});

/** Waits until so many entries were heard. */
async function heard(tail: Response, entries: number): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of tail.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.split('"type":"entry"').length > entries) return;
  }
  throw new Error(`only this was heard: ${text}`);
}

it('replaces a worker that is killed, recovers its calls, and keeps the limit', async () => {
  const before = await read<Summary>(ofDemo());
  const budget = {
    scope: { type: 'application', org_id: demo.org_id, app_id: demo.app_id },
    limit: { unit: 'requests', amount: String(before.total.requests + 12) },
    window: 'total',
  };
  const put = await fetch(`${demo.endpoint}/api/v1/budgets/twelve-more`, {
    method: 'PUT',
    headers: { 'x-api-key': demo.provisioning_key, 'content-type': 'application/json' },
    body: JSON.stringify(budget),
  });
  expect(put.status).toBe(201);
  const book = await calledSoFar();
  const calls = Promise.all(Array.from({ length: 24 }, () => converse('slow;ms=1500')));
  await eventually(async () => (await calledSoFar()) === book + 12);
  const [victim = 0, other = 0] = demo.worker_pids;
  process.kill(victim, 'SIGKILL');
  const statuses = (await calls).map(({ status }) => status);
  const paid = statuses.filter((status) => status === 200).length;
  expect(paid).toBeGreaterThan(0);
  expect(paid).toBeLessThan(12);
  // Another has settled what the dead one had sent, at its ceiling.
  const figures = () => read<Figures>('/api/v1/budgets/twelve-more');
  await eventually(async () => (await figures()).held === '0');
  const { limit, ...spent } = await figures();
  expect(spent).toMatchObject({ spent: limit.amount, high_water: limit.amount, excess: '0' });
  const { total } = await read<Summary>(ofDemo());
  expect(total.requests - before.total.requests).toBe(12);
  expect(total.unknown_entries).toBe(12 - paid);
  await eventually(() => !readDemo().worker_pids.includes(victim));
  const now = readDemo();
  expect(now.gateway_pid).toBe(demo.gateway_pid);
  expect(now.worker_pids).toHaveLength(2);
  expect(now.worker_pids).toContain(other);
  expect((await converse()).status).toBe(400);
});

function ofDemo(): string {
  return `/api/v1/usage/summary?org_id=${demo.org_id}`;
}

interface Summary {
  readonly total: { readonly requests: number; readonly unknown_entries: number };
}

interface Figures {
  readonly limit: { readonly amount: string };
  readonly held: string;
}

/** Calls in the book of the simulator. */
async function calledSoFar(): Promise<number> {
  const { body } = await send(`${demo.simulator}/_simulator/book`);
  return (JSON.parse(body) as { calls: unknown[] }).calls.length;
}

it('ends with the reason when its first worker cannot serve', async () => {
  const { port } = new URL(demo.endpoint);
  const flags = ['--port', port, '--data-dir', join(dataDir, 'b'), '--upstream', demo.simulator];
  const taken = await tollkeeper(['serve', '--demo', ...flags, '--workers', '3']);
  expect(taken.code).toBe(1);
  expect(taken.notes).toMatch(/Port \d+ of 127.0.0.1 is taken/);
});

it('ends the calls that run, and then itself, when who watches is killed', async () => {
  const dir = join(dataDir, 'c');
  const argv = ['serve', '--demo', '--port', '0', '--data-dir', dir, '--workers', '2'];
  const { child: watching } = await start([...argv, '--upstream', demo.simulator], 'ready ');
  const other = readDemo(dir);
  const book = await calledSoFar();
  const slow = Promise.all([1, 2, 3, 4].map(() => converse('slow;ms=700', other)));
  await eventually(async () => (await calledSoFar()) === book + 4);
  watching.kill('SIGKILL');
  expect((await slow).map(({ status }) => status)).toEqual(Array(4).fill(200));
  await eventually(() => !other.worker_pids.some(runs));
  expect((await converse(undefined, other)).status).toBe(0);
});

it('ends all of them when all are told at once, and the calls that run are answered', async () => {
  await fetch(`${demo.endpoint}/api/v1/budgets/twelve-more`, {
    method: 'DELETE',
    headers: { 'x-api-key': demo.provisioning_key },
  });
  const { worker_pids: pids } = readDemo();
  const slow = Promise.all([1, 2, 3, 4].map(() => converse('slow;ms=700')));
  await eventually(async () => sumOf(await sampled('tollkeeper_calls_running')) === 4);
  for (const pid of [demo.gateway_pid, ...pids]) process.kill(pid, 'SIGTERM');
  expect(await stop()).toEqual([0, null]);
  expect((await slow).map(({ status }) => status)).toEqual(Array(4).fill(200));
  expect([demo.gateway_pid, ...pids].filter(runs)).toEqual([]);
});
