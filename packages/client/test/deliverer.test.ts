/** Delivery in the background: retries, patience, partial failures, what is set aside. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, createClient, type ApiResult } from '@tollkeeper/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deliverer } from '../src/deliverer.ts';
import type { KeeperProblem } from '../src/problem.ts';
import type { Submission } from '../src/reports.ts';
import { Spool } from '../src/spool/spool.ts';
import { handClock, type HandClock } from './hand-clock.ts';
import {
  allAccepted,
  APP,
  NOW,
  ORG,
  refusal,
  scriptedApi,
  type ScriptedApi,
} from './scripted-api.ts';

let api: ScriptedApi;
let clock: HandClock;
let dir: string;
let spool: Spool;
let problems: KeeperProblem[];
let deliverer: Deliverer | undefined;

beforeEach(async () => {
  api = await scriptedApi();
  clock = handClock();
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-deliverer-'));
  spool = new Spool(dir, { bytesMax: 1024 * 1024, deadLetterBytesMax: 4096 });
  problems = [];
});
afterEach(async () => {
  await deliverer?.stop();
  deliverer = undefined;
  await spool.close();
  await api.close();
  rmSync(dir, { recursive: true, force: true });
});

function start(batchMax = 100): Deliverer {
  const client = createClient({ endpoint: api.endpoint, fetch });
  const params = { org_id: ORG, app_id: APP };
  deliverer = new Deliverer({
    spool,
    send: (requests): Promise<ApiResult<'submitUsageBatch'>> =>
      client.submitUsageBatch({ params, body: { requests: [...requests] } }),
    outside: clock.outside,
    onProblem: (problem) => problems.push(problem),
    batchMax,
    lingerMs: 1000,
  });
  return deliverer;
}

const idOf = (i: number): string => `0b8f6c5e-0000-4000-8000-${String(i).padStart(12, '0')}`;

function reportOf(i: number): Submission {
  return {
    request_id: idOf(i),
    model_label: 'premium',
    bedrock_model_id: 'amazon.nova-pro-v1:0',
    input_tokens: i,
    output_tokens: 1,
    status: 'OK',
    timestamp: NOW,
  };
}

async function spoolReports(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await spool.append(reportOf(i));
}

/** What each batch was made of, as numbers of reports. */
function batches(): number[][] {
  return api
    .of('/batch')
    .map(({ body }) =>
      (body['requests'] as Submission[]).map(({ request_id }) => Number(request_id.slice(-12))),
    );
}

function deadLetters(): unknown[] {
  const text = readFileSync(spool.deadLetterFile, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('reports', () => {
  it('that wait on disk go in order and in batches', async () => {
    await spoolReports(5);
    expect(await start(2).flush(5000)).toBe(true);
    expect(batches()).toEqual([[0, 1], [2, 3], [4]]);
    expect(problems).toEqual([]);
  });

  it('of a moment go together: the first waits for company', async () => {
    const delivering = start();
    await spool.append(reportOf(0));
    delivering.poke();
    expect(await clock.asleep()).toBe(1000);
    await spool.append(reportOf(1));
    delivering.poke();
    clock.advance(1000);
    expect(await delivering.flush(5000)).toBe(true);
    expect(batches()).toEqual([[0, 1]]);
  });

  it('do not wait for company once a batch is full', async () => {
    const delivering = start(2);
    await spool.append(reportOf(0));
    delivering.poke();
    await clock.asleep();
    await spool.append(reportOf(1));
    const sent = new Promise<void>((resolve) => {
      api.script = () => {
        resolve();
        return undefined;
      };
    });
    delivering.poke();
    await sent;
    expect(batches()).toEqual([[0, 1]]);
  });
});

describe('a failure of the whole batch', () => {
  it.each([
    ['the connection breaks', { status: 0, hangUp: true }, 500],
    ['503', refusal(503, 'SERVICE_UNAVAILABLE'), 500],
    ['a page of something on the way', { status: 400 }, 500],
    ['429', { ...refusal(429, 'RATE_LIMIT_EXCEEDED'), headers: { 'retry-after': '20' } }, 20_000],
    ['429 with seconds in the body', refusal(429, 'RATE_LIMIT_EXCEEDED', { retry_after: 9 }), 9000],
    ['404: the application is not there yet', refusal(404, 'NOT_FOUND'), 500],
  ])('is tried again after a while: %s', async (_, answer, ms) => {
    await spoolReports(2);
    api.script = () => answer;
    const delivering = start();
    expect(await clock.asleep()).toBe(ms);
    expect(delivering.problem).not.toBeNull();
    api.script = () => undefined;
    clock.advance(ms);
    expect(await delivering.flush(5000)).toBe(true);
    expect(batches()).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(delivering.problem).toBeNull();
    expect(problems).toMatchObject([{ kind: 'delivery' }]);
  });

  it('is told once, and waits double while it lasts', async () => {
    await spoolReports(1);
    api.script = () => refusal(503, 'SERVICE_UNAVAILABLE');
    start();
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      const ms = await clock.asleep();
      waits.push(ms);
      clock.advance(ms);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000]);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toMatch(/1 reports of usage wait on disk: because of SERV/);
    expect(problems[0]?.error).toBeInstanceOf(ApiError);
  });

  it('for what is in one report costs only that one', async () => {
    await spoolReports(5);
    api.script = ({ body }) =>
      (body['requests'] as Submission[]).some(({ request_id }) => request_id === idOf(3))
        ? refusal(400, 'INVALID_REQUEST')
        : undefined;
    expect(await start().flush(5000)).toBe(true);
    expect(batches()).toEqual([[0, 1, 2, 3, 4], [0, 1, 2], [3, 4], [3], [4]]);
    expect(deadLetters()).toMatchObject([{ code: 'INVALID_REQUEST', record: reportOf(3) }]);
  });
});

describe('a partial failure', () => {
  it('keeps what may still be taken and sets aside what is refused, with the reason', async () => {
    await spoolReports(4);
    api.script = ({ body }) => ({
      status: 207,
      body: allAccepted(body, {
        [idOf(1)]: 'INVALID_CONFIG',
        [idOf(2)]: 'SERVICE_UNAVAILABLE',
        [idOf(3)]: 'ALREADY_EXISTS',
      }),
    });
    const delivering = start();
    expect(await clock.asleep()).toBe(500);
    api.script = () => undefined;
    clock.advance(500);
    expect(await delivering.flush(5000)).toBe(true);
    expect(batches()).toEqual([[0, 1, 2, 3], [2]]);
    expect(deadLetters()).toEqual([
      {
        at: NOW,
        code: 'INVALID_CONFIG',
        message: 'because of INVALID_CONFIG',
        record: reportOf(1),
      },
      {
        at: NOW,
        code: 'ALREADY_EXISTS',
        message: 'because of ALREADY_EXISTS',
        record: reportOf(3),
      },
    ]);
    expect(problems.map(({ kind }) => kind)).toEqual(['set_aside', 'delivery']);
  });

  it('stops delivery when there is no more room for refused reports: none is dropped', async () => {
    await spoolReports(100);
    const all = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [idOf(i), 'NOT_FOUND']));
    api.script = ({ body }) => ({ status: 207, body: allAccepted(body, all) });
    const delivering = start(10);
    const ms = await clock.asleep();
    expect(delivering.problem).toMatch(/reached its bound of 4096 bytes/);
    expect(spool.pending).toBe(90);
    rmSync(spool.deadLetterFile);
    clock.advance(ms);
    await clock.asleep();
    expect(spool.pending).toBe(80);
  });
});

describe('the end', () => {
  it('comes at once, whatever it waits for, and leaves what was not delivered', async () => {
    await spoolReports(3);
    api.script = () => refusal(503, 'SERVICE_UNAVAILABLE');
    const delivering = start();
    await clock.asleep();
    await delivering.stop();
    expect(spool.pending).toBe(3);
  });

  it('a flush gives up after its time', async () => {
    await spoolReports(1);
    api.script = () => refusal(503, 'SERVICE_UNAVAILABLE');
    const delivering = start();
    await clock.asleep();
    const flushed = delivering.flush(3000);
    expect(await clock.asleep()).toBe(3000);
    clock.advance(3000);
    expect(await flushed).toBe(false);
  });
});
