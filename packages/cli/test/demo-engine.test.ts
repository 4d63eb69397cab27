/** The demo on DynamoDB: it starts an engine itself, and keeps what is in it. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Demo } from '../src/demo-file.ts';
import { start, tollkeeper } from './program.ts';

const PATIENCE_MS = 10_000;

let dataDir: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-engine-'));
});

afterEach(async () => {
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function startDemo(): Promise<Demo> {
  const argv = ['serve', '--demo', '--port', '0', '--data-dir', dataDir, '--store', 'dynamodb'];
  const ready = await start(argv, 'ready ');
  child = ready.child;
  return JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as Demo;
}

async function stop(): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function call(demo: Demo): Promise<number> {
  const answer = await fetch(`${demo.endpoint}/model/amazon.nova-micro-v1%3A0/converse`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demo.api_key}`, 'content-type': 'application/json' },
    body: '{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}',
  });
  return answer.status;
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

it('serves calls, leaves no process behind, and has all of it after a restart', async () => {
  const first = await startDemo();
  expect(first.store).toBe('dynamodb');
  expect(runs(first.store_pid)).toBe(true);
  expect(statSync(join(dataDir, 'dynamodb.db')).mode & 0o077).toBe(0);
  expect(await call(first)).toBe(200);
  await stop();
  for (let waited = 0; runs(first.store_pid); waited += 20) {
    if (waited > PATIENCE_MS) throw new Error('the engine goes on');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const second = await startDemo();
  expect(second.api_key).toBe(first.api_key);
  expect(second.store_pid).not.toBe(first.store_pid);
  expect(await call(second)).toBe(200);
  expect(await requests(second)).toBe(2);
});

it('never uses a table in AWS for a demo', async () => {
  const upstream = ['--upstream', 'http://127.0.0.1:1'];
  const argv = ['serve', '--demo', '--data-dir', dataDir, '--store', 'dynamodb', ...upstream];
  const ended = await tollkeeper(argv);
  expect(ended.code).toBe(2);
  expect(ended.notes).toContain('--dynamodb-endpoint');
});
