/**
 * The demo as its users run it: real processes, killed for real. Every test ends all that it
 * started, and fails when something is left.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Demo } from '../src/demo-file.ts';
import { start, tollkeeper } from './program.ts';

const NOVA = 'amazon.nova-micro-v1%3A0';
const PATIENCE_MS = 10_000;

let dataDir: string;
let started: ChildProcess[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-demo-'));
  started = [];
});

afterEach(async () => {
  await Promise.all(started.map(stop));
  rmSync(dataDir, { recursive: true, force: true });
});

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function startDemo(
  how: { readonly detached?: boolean } = {},
): Promise<{ child: ChildProcess; demo: Demo }> {
  const argv = ['serve', '--demo', '--port', '0', '--data-dir', dataDir];
  const { child, line } = await start(argv, 'ready ', how);
  started.push(child);
  const demo = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as Demo;
  expect(line).toBe(`ready ${demo.endpoint}`);
  return { child, demo };
}

function converse(demo: Demo, fault?: string): Promise<Response> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${demo.api_key}`,
    'content-type': 'application/json',
  };
  if (fault !== undefined) headers['x-simulator-fault'] = fault;
  return fetch(`${demo.endpoint}/model/${NOVA}/converse`, {
    method: 'POST',
    headers,
    body: '{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}',
  });
}

async function requests(demo: Demo): Promise<number> {
  const answer = await fetch(`${demo.endpoint}/api/v1/usage/summary`, {
    headers: { 'x-api-key': demo.provisioning_key },
  });
  return ((await answer.json()) as { total: { requests: number } }).total.requests;
}

function runs(pid: number | null): boolean {
  try {
    return process.kill(pid ?? 0, 0);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > PATIENCE_MS) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('serves a paid call, keeps its secrets to its owner, and leaves no process behind', async () => {
  const { child, demo } = await startDemo();
  const answer = await converse(demo);
  expect(answer.status).toBe(200);
  expect(Number(answer.headers.get('x-tollkeeper-cost-usd'))).toBeGreaterThan(0);
  expect(statSync(join(dataDir, 'demo.json')).mode & 0o777).toBe(0o600);
  expect(demo.gateway_pid).not.toBe(demo.simulator_pid);
  await stop(child);
  await until(() => !runs(demo.gateway_pid) && !runs(demo.simulator_pid));
});

it('keeps everything over a restart', async () => {
  const first = await startDemo();
  expect((await converse(first.demo)).status).toBe(200);
  await stop(first.child);
  const { demo } = await startDemo();
  expect([demo.org_id, demo.api_key]).toEqual([first.demo.org_id, first.demo.api_key]);
  const { access_key_id, secret_access_key } = demo;
  expect(access_key_id).toMatch(/^TKIA[A-Z2-7]{16}$/);
  expect(secret_access_key).toHaveLength(40);
  expect(first.demo).toMatchObject({ access_key_id, secret_access_key });
  const { s2_key, tenants } = demo;
  expect(first.demo).toMatchObject({ s2_key, tenants });
  expect(Object.keys(tenants)).toEqual(['tenant-1', 'tenant-2']);
  expect(new URL(demo.issuer ?? '').origin).toBe(demo.endpoint);
  expect((await converse(demo)).status).toBe(200);
  expect(await requests(demo)).toBe(2);
});

it('finds its tenants again when demo.json is lost', async () => {
  const first = await startDemo();
  await stop(first.child);
  rmSync(join(dataDir, 'demo.json'));
  const { demo } = await startDemo();
  expect(demo.tenants).toEqual(first.demo.tenants);
});

it('keeps the simulator and its book when the gateway is killed, and uses it again', async () => {
  const first = await startDemo();
  expect((await converse(first.demo)).status).toBe(200);
  process.kill(first.demo.gateway_pid, 'SIGKILL');
  await until(() => !runs(first.demo.gateway_pid));
  expect(runs(first.demo.simulator_pid)).toBe(true);
  const { demo } = await startDemo();
  expect([demo.simulator, demo.simulator_pid]).toEqual([
    first.demo.simulator,
    first.demo.simulator_pid,
  ]);
  const book = await fetch(`${demo.simulator}/_simulator/book`);
  expect(((await book.json()) as { calls: unknown[] }).calls).toHaveLength(1);
  expect(await requests(demo)).toBe(1);
});

it('lets the calls that run end on Ctrl-C, which every process of a terminal gets', async () => {
  const { child, demo } = await startDemo({ detached: true });
  const slow = converse(demo, 'slow;ms=1500');
  await untilCalled(demo);
  const ended = once(child, 'exit');
  process.kill(-(child.pid ?? 0), 'SIGINT');
  // npm passes it on besides.
  child.kill('SIGINT');
  expect((await slow).status).toBe(200);
  expect(await ended).toEqual([0, null]);
  await until(() => !runs(demo.gateway_pid) && !runs(demo.simulator_pid));
});

/** Waits until the simulator has a call. */
async function untilCalled({ simulator }: Demo): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += 20) {
    const book = await fetch(`${simulator}/_simulator/book`);
    if (((await book.json()) as { calls: unknown[] }).calls.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('nothing was called in time');
}

it('ends gateway and simulator when the launcher itself is killed', async () => {
  const { child, demo } = await startDemo();
  child.kill('SIGKILL');
  await until(() => !runs(demo.gateway_pid) && !runs(demo.simulator_pid));
});

it('uses a simulator that already runs, and does not end it', async () => {
  const first = await startDemo();
  const other = mkdtempSync(join(tmpdir(), 'tollkeeper-demo-'));
  try {
    const upstream = ['--upstream', first.demo.simulator];
    const argv = ['serve', '--demo', '--port', '0', '--data-dir', other, ...upstream];
    const { child } = await start(argv, 'ready ');
    started.push(child);
    const demo = JSON.parse(readFileSync(join(other, 'demo.json'), 'utf8')) as Demo;
    expect(demo.simulator_pid).toBe(first.demo.simulator_pid);
    expect((await converse(demo)).status).toBe(200);
    await stop(child);
    expect(runs(first.demo.simulator_pid)).toBe(true);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

it('ends with the reason when the port is taken', async () => {
  const { demo } = await startDemo();
  const { port } = new URL(demo.endpoint);
  const flags = ['--demo', '--port', port, '--data-dir', join(dataDir, 'b')];
  const ended = await tollkeeper(['serve', ...flags]);
  expect(ended.code).toBe(1);
  expect(ended.notes).toMatch(/EADDRINUSE/);
});
