/**
 * Clients that leave at any byte: while they send, before the answer, in the middle of it; over
 * HTTP/1.1 and HTTP/2, streamed or not. Whatever reached the upstream has exactly one entry that
 * equals the book, and whatever did not has none.
 */
import type { Socket } from 'node:net';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { oracleCost, startProduct, type BookRow, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSession, openStream } from './http2-caller.ts';
import { counterOf } from './metrics-reading.ts';
import { rawRequest, RawSocket } from './raw-socket.ts';
import { startUpstream, writeChunked } from './recording-upstream.ts';
import { call, eventually } from './requests.ts';
import { nativeBody } from './sdk-client.ts';

const NOVA = 'amazon.nova-micro-v1:0';
const CALLS = 80;
const AT_ONCE = 10;
const OPERATIONS = [
  'converse',
  'converse-stream',
  'invoke',
  'invoke-with-response-stream',
] as const;
const SEED = Number(process.env['DISCONNECT_SEED'] ?? 20_260_117);

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

/** Numbers from 0 up to, but not, 1: the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Plan {
  readonly protocol: 'h1' | 'h2';
  readonly operation: (typeof OPERATIONS)[number];
  /** Part of the request that is sent; 1 for all of it. */
  readonly sent: number;
  /** Bytes of the answer after which the client leaves. */
  readonly readBytes: number;
  /** How: at once, or politely with an end or a reset of the stream alone. */
  readonly manner: 'destroy' | 'polite';
  readonly fault: string;
}

function planOf(random: () => number): Plan {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  return {
    protocol: pick(['h1', 'h2']),
    operation: pick(OPERATIONS),
    sent: random() < 0.2 ? random() : 1,
    readBytes: Math.floor(random() ** 2 * 6_000),
    manner: pick(['destroy', 'polite']),
    fault: pick(['pace;ms=1', 'slow;ms=30', 'frames;count=60, pace;ms=1', 'tokens;mode=worst']),
  };
}

const BODY = nativeBody(NOVA);

async function leaveHttp1(plan: Plan): Promise<void> {
  const bytes = rawRequest(
    `POST /model/${NOVA}/${plan.operation} HTTP/1.1`,
    [
      'host: x',
      `authorization: Bearer ${product.apiKey}`,
      `x-simulator-fault: ${plan.fault}`,
      `content-length: ${BODY.length}`,
    ],
    BODY,
  );
  const raw = new RawSocket(product);
  await raw.write(bytes.slice(0, Math.ceil(bytes.length * plan.sent)));
  if (plan.sent === 1) {
    await new Promise<void>((resolve) => {
      raw.socket.on('close', () => resolve());
      raw.socket.on('data', () => {
        if (raw.received.length >= plan.readBytes) resolve();
      });
      raw.socket.on('end', () => resolve());
      // An answer shorter than that is read whole.
      void raw.answers(1).then(() => resolve());
      if (plan.readBytes === 0) resolve();
    });
  }
  if (plan.manner === 'polite') raw.socket.end();
  raw.destroy();
}

async function leaveHttp2(plan: Plan): Promise<void> {
  const session = await openSession(product);
  const stream = openStream(session, {
    ':path': `/model/${NOVA}/${plan.operation}`,
    authorization: `Bearer ${product.apiKey}`,
    'x-simulator-fault': plan.fault,
  });
  if (plan.sent < 1) {
    await new Promise<void>((resolve) => {
      stream.write(BODY.slice(0, Math.ceil(BODY.length * plan.sent)), () => resolve());
    });
  } else {
    stream.end(BODY);
    let received = 0;
    await new Promise<void>((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received >= plan.readBytes) resolve();
      });
      stream.on('end', () => resolve());
      stream.on('close', () => resolve());
    });
  }
  if (plan.manner === 'polite') {
    stream.close(8);
    await new Promise<void>((resolve) => session.close(() => resolve()));
  }
  session.destroy();
}

test(`${CALLS} clients that leave at random bytes (seed ${SEED})`, async () => {
  const random = seeded(SEED);
  const plans = Array.from({ length: CALLS }, () => planOf(random));
  const waiting = plans.values();
  const worker = async (): Promise<void> => {
    for (const plan of waiting) {
      await (plan.protocol === 'h1' ? leaveHttp1(plan) : leaveHttp2(plan));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await idle();

  const rows = await product.book();
  const { entries } = await product.client.listEntries({ query: { limit: 1000 } });
  const left = plans.filter(({ sent }) => sent < 1).length;
  console.log(`calls ${CALLS}, left while sending ${left}, rows ${rows.length}`);
  expect(rows.length).toBeGreaterThan((CALLS - left) / 2);
  expect(rows.length).toBeLessThanOrEqual(CALLS - left);
  expect(new Set(entries.map(({ attempt_id }) => attempt_id)).size).toBe(entries.length);
  expect(entries).toHaveLength(rows.length);
  for (const row of rows) {
    const [entry, ...others] = entries.filter(({ attempt_id }) => attempt_id === row.attempt_id);
    expect(others).toEqual([]);
    // The gateway reads every answer to its end: to the upstream nobody has left.
    expect(row).toMatchObject({ billed: true, client_gone: false, outcome: 'completed' });
    expect(entry).toMatchObject({ outcome: 'ok', usage_source: 'reported', entry_type: 'attempt' });
    expect(entry?.usage).toMatchObject(row.usage ?? {});
    expect(entry?.cost_usd).toBe(costOf(row));
  }
  const { total } = await product.client.summarizeUsage({ query: {} });
  const budget = await product.client.getBudget({ params: { budget_id: 'org-daily' } });
  expect([budget.spent, budget.held, budget.ceiling]).toEqual([total.cost_usd, '0', '0']);
});

test('a client that leaves while it waits for room is taken out of the line', async () => {
  const made = await product.client.createKey({
    params: { org_id: product.orgId, app_id: product.appId },
    body: {},
  });
  await product.client.putBudget({
    params: { budget_id: 'one-at-a-time' },
    body: {
      scope: { type: 'key', org_id: product.orgId, key_id: made.key_id },
      limit: { unit: 'requests', amount: '1' },
      window: 'day',
      timezone: 'UTC',
      mode: 'enforce',
    },
  });
  const before = (await product.book()).length;
  const running = call(product, { key: made.api_key, fault: 'slow;ms=600' });
  await eventually(async () =>
    (await product.server.stores.ledger.holds()).length === 1 ? true : undefined,
  );
  const left = new AbortController();
  const waiting = call(product, { key: made.api_key, signal: left.signal });
  await eventually(async () =>
    (await counterOf(product, 'tollkeeper_admission_waiting')) === 1 ? true : undefined,
  );
  left.abort();
  await expect(waiting).rejects.toThrow();
  await eventually(async () =>
    (await counterOf(product, 'tollkeeper_admission_waiting')) === 0 ? true : undefined,
  );
  expect((await running).status).toBe(200);
  expect((await product.book()).length).toBe(before + 1);
  await idle();
});

const FRAMES = 300;
const FRAME_BYTES = 100_000;

/** A stream far larger than all buffers between the upstream and a client that does not read. */
async function answerLargely(socket: Socket): Promise<void> {
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes).toString(),
    (text) => Buffer.from(text),
  );
  const frame = (type: string, payload: string): Buffer => {
    const headers = {
      ':event-type': { type: 'string', value: type },
      ':message-type': { type: 'string', value: 'event' },
    } as const;
    return Buffer.from(codec.encode({ headers, body: Buffer.from(payload) }));
  };
  const text = 'x'.repeat(FRAME_BYTES);
  const delta = frame('contentBlockDelta', `{"contentBlockIndex":0,"delta":{"text":"${text}"}}`);
  const pieces = [
    frame('messageStart', '{"role":"assistant"}'),
    ...Array.from({ length: FRAMES }, () => delta),
    frame('messageStop', '{"stopReason":"end_turn"}'),
    frame('metadata', '{"usage":{"inputTokens":5,"outputTokens":9,"totalTokens":14}}'),
  ];
  await writeChunked(socket, pieces, ['Content-Type: application/vnd.amazon.eventstream']);
}

test.each(['h1', 'h2'] as const)(
  'a client that does not read holds the upstream back; once it leaves, all is drained (%s)',
  async (protocol) => {
    const upstream = await startUpstream();
    const slow = await startProduct({ upstreamUrl: upstream.url });
    try {
      let finished = false;
      let paused: Socket | undefined;
      upstream.answerWith((socket) => {
        paused = socket;
        void answerLargely(socket).then(() => (finished = true));
      });
      const leave = await callWithoutReading(slow, protocol);
      // The upstream cannot write on: for several looks in a row its last piece stays where it is.
      let written = -1;
      let looks = 0;
      await eventually(async () => {
        const now = paused?.bytesWritten ?? -1;
        looks = now === written && (paused?.writableLength ?? 0) > 0 ? looks + 1 : 0;
        written = now;
        return looks >= 5 ? true : undefined;
      });
      expect(finished).toBe(false);
      leave();
      const entry = await eventually(async () => {
        const { entries } = await slow.client.listEntries({ query: {} });
        return entries[0];
      });
      expect(finished).toBe(true);
      expect(entry).toMatchObject({ outcome: 'ok', usage_source: 'reported' });
      expect(entry.usage).toMatchObject({ input_tokens: 5, output_tokens: 9 });
      expect(await slow.server.stores.ledger.holds()).toEqual([]);
    } finally {
      await slow.close();
      await upstream.close();
    }
  },
);

/** Sends a call and reads nothing of its answer; the returned function leaves. */
async function callWithoutReading(to: RunningProduct, protocol: 'h1' | 'h2') {
  const path = `/model/${NOVA}/converse-stream`;
  if (protocol === 'h1') {
    const headers = ['host: x', `authorization: Bearer ${to.apiKey}`];
    const length = `content-length: ${BODY.length}`;
    const raw = new RawSocket(to);
    raw.socket.pause();
    await raw.write(rawRequest(`POST ${path} HTTP/1.1`, [...headers, length], BODY));
    return () => raw.destroy();
  }
  const session = await openSession(to);
  const stream = openStream(session, { ':path': path, authorization: `Bearer ${to.apiKey}` });
  stream.pause();
  stream.end(BODY);
  return () => session.destroy();
}

/** Nothing runs, drains, waits or is held any more. */
async function idle(): Promise<void> {
  await eventually(async () => {
    const names = ['running', 'draining'].map((name) => `tollkeeper_calls_${name}`);
    const counts = await Promise.all(names.map((name) => counterOf(product, name)));
    return counts.every((count) => count === 0) ? true : undefined;
  });
  await eventually(async () =>
    (await product.server.stores.ledger.holds()).length === 0 ? true : undefined,
  );
}

function costOf({ usage, started_at }: BookRow): string {
  return oracleCost({
    model_id: NOVA,
    region: 'us-east-1',
    scope: 'in_region',
    tier: 'standard',
    at: Date.parse(started_at),
    usage: usage ?? {},
  });
}
