/**
 * Falling through a chain because of the upstream: when it throttles, is unavailable or not there,
 * and the operator wants the next label to be tried. Every try that was sent is an entry of its own
 * under an attempt id of its own, and all carry the id of the request.
 */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tenantOf, told } from './keeper-rig.ts';
import { EventStreamCodec } from '@smithy/core/event-streams';
import {
  SMALL_REPLY,
  startUpstream,
  wholeAnswer,
  type RecordedRequest,
  type RecordingUpstream,
} from './recording-upstream.ts';
import { entriesOf } from './requests.ts';

const PRO = 'amazon.nova-pro-v1:0';
const LITE = 'amazon.nova-2-lite-v1:0';
const MICRO = 'amazon.nova-micro-v1:0';
const ERRORS = {
  '429 Too Many Requests': 'ThrottlingException',
  '503 Service Unavailable': 'ServiceUnavailableException',
} as const;
type Failing = keyof typeof ERRORS | '500 Internal Server Error' | 'reset';

let upstream: RecordingUpstream;
let product: RunningProduct;
/** How the upstream fails, by a part of the path; all other models answer. */
let failing: Readonly<Record<string, Failing>> = {};

beforeAll(async () => {
  upstream = await startUpstream();
  upstream.answerWith((socket, request) => {
    const how = Object.entries(failing).find(([part]) => request.line.includes(part))?.[1];
    if (how === 'reset') socket.destroy();
    else if (how !== undefined) socket.write(errorAnswer(how));
    else socket.write(request.line.includes('-stream') ? streamAnswer() : wholeAnswer(SMALL_REPLY));
  });
  product = await startProduct({
    upstreamUrl: upstream.url,
    settings: { fallbackOnUpstream: 'unavailable', admissionWaitMs: 100, rateLimitPreset: 'off' },
  });
});
afterAll(async () => {
  await product.close();
  await upstream.close();
});

function errorAnswer(status: string): Buffer {
  const name = (ERRORS as Readonly<Record<string, string>>)[status] ?? 'InternalServerException';
  const body = `{"message":"${name} of the upstream"}`;
  return wholeAnswer(body, status, ['Content-Type: application/json', `x-amzn-errortype: ${name}`]);
}

function streamAnswer(): Buffer {
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes).toString(),
    (text) => Buffer.from(text),
  );
  const frame = (event: string, body: object): Uint8Array =>
    codec.encode({
      headers: {
        ':event-type': { type: 'string', value: event },
        ':content-type': { type: 'string', value: 'application/json' },
        ':message-type': { type: 'string', value: 'event' },
      },
      body: Buffer.from(JSON.stringify(body)),
    });
  const frames = Buffer.concat([
    frame('messageStart', { role: 'assistant' }),
    frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } }),
    frame('messageStop', { stopReason: 'end_turn' }),
    frame('metadata', { usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 } }),
  ]);
  return wholeAnswer(frames, '200 OK', ['Content-Type: application/vnd.amazon.eventstream']);
}

function attemptOf(request: RecordedRequest): string | undefined {
  return request.headers.find(([name]) => name === 'x-tollkeeper-attempt-id')?.[1];
}

/** What the upstream saw of the calls made by `act`. */
async function sentBy<T>(act: () => Promise<T>): Promise<[T, readonly RecordedRequest[]]> {
  const before = upstream.requests.length;
  const answer = await act();
  return [answer, upstream.requests.slice(before)];
}

describe.each(['converse', 'converse-stream'] as const)('%s', (operation) => {
  test.each([
    ['429 Too Many Requests', 'UPSTREAM_THROTTLED_PREMIUM', 'refused', 'reported'],
    ['503 Service Unavailable', 'UPSTREAM_UNAVAILABLE_PREMIUM', 'upstream_error', 'unknown'],
  ] as const)('%s is passed over for the next label', async (how, word, outcome, source) => {
    failing = { 'nova-pro': how };
    const tenant = await tenantOf(product);
    const [answer, sent] = await sentBy(() => tenant.call(`/model/auto/${operation}`));
    expect([answer.status, ...told(answer)]).toEqual([200, 'standard', LITE, word]);
    expect(sent.map(({ line }) => line.split(' ')[1])).toEqual(
      [PRO, LITE].map((model) => `/model/${encodeURIComponent(model)}/${operation}`),
    );
    const entries = await entriesOf(product, answer.requestId);
    expect(entries.map(({ label, outcome: how_ }) => [label, how_])).toEqual([
      ['premium', outcome],
      ['standard', 'ok'],
    ]);
    expect(entries[0]).toMatchObject({ usage_source: source, cost_usd: '0' });
    const attempts = entries.map(({ attempt_id }) => attempt_id);
    expect(attempts).toEqual(sent.map(attemptOf));
    expect(attempts[0]).toBe(answer.requestId);
    expect(attempts[1]).not.toBe(answer.requestId);
    expect(await product.server.stores.ledger.holds()).toEqual([]);
    // It is no reason to move the sticky label.
    failing = {};
    expect(told(await tenant.call(`/model/auto/${operation}`))).toEqual(['premium', PRO, null]);
  });
});

test('one after another is tried, until one answers', async () => {
  failing = { 'nova-pro': '429 Too Many Requests', 'nova-2-lite': '503 Service Unavailable' };
  const tenant = await tenantOf(product);
  const answer = await tenant.call('/model/auto/converse');
  const words = 'UPSTREAM_THROTTLED_PREMIUM, UPSTREAM_UNAVAILABLE_STANDARD';
  expect([answer.status, ...told(answer)]).toEqual([200, 'economy', MICRO, words]);
  const entries = await entriesOf(product, answer.requestId);
  expect(new Set(entries.map(({ attempt_id }) => attempt_id)).size).toBe(3);
});

test('the answer of the last one is relayed, when none is left', async () => {
  failing = { nova: '503 Service Unavailable' };
  const tenant = await tenantOf(product, { ordering: ['premium', 'economy'] });
  const [answer, sent] = await sentBy(() => tenant.call('/model/auto/converse'));
  expect([answer.status, answer.error]).toEqual([503, 'ServiceUnavailableException']);
  expect(answer.message).toBe('ServiceUnavailableException of the upstream');
  expect(told(answer)).toEqual(['economy', MICRO, 'UPSTREAM_UNAVAILABLE_PREMIUM']);
  expect(sent).toHaveLength(2);
});

test('an answer of the upstream comes before refusals of labels that took nothing', async () => {
  failing = { 'nova-pro': '429 Too Many Requests' };
  const quotas = { standard: 330, economy: 2 };
  const tenant = await tenantOf(product, { quotas });
  expect(await tenant.submit('standard', { input: 1_000, output: 0 })).toBe(202);
  const [answer, sent] = await sentBy(() => tenant.call('/model/auto/converse'));
  expect([answer.status, answer.error]).toEqual([429, 'ThrottlingException']);
  expect(told(answer)).toEqual(['premium', PRO, null]);
  expect(sent).toHaveLength(1);
  expect(await entriesOf(product, answer.requestId)).toHaveLength(1);
});

test.each([
  ['500 Internal Server Error', 500, 'upstream_error'],
  ['reset', 424, 'broken'],
] as const)('%s is no reason to try another: it may have run', async (how, status, outcome) => {
  failing = { 'nova-pro': how };
  const tenant = await tenantOf(product);
  const [answer, sent] = await sentBy(() => tenant.call('/model/auto/converse'));
  expect(answer.status).toBe(status);
  expect(sent).toHaveLength(1);
  const entries = await entriesOf(product, answer.requestId);
  expect(entries.map((entry) => entry.outcome)).toEqual([outcome]);
});

test('a model that is called by its name never falls back', async () => {
  failing = { 'nova-pro': '503 Service Unavailable' };
  const tenant = await tenantOf(product);
  const path = `/model/${encodeURIComponent(PRO)}/converse`;
  const [answer, sent] = await sentBy(() => tenant.call(path));
  expect(answer.status).toBe(503);
  expect(sent).toHaveLength(1);
});

test('by default the first answer is relayed, whatever it is', async () => {
  failing = { 'nova-pro': '503 Service Unavailable' };
  const plain = await startProduct({ upstreamUrl: upstream.url });
  try {
    const tenant = await tenantOf(plain);
    const [answer, sent] = await sentBy(() => tenant.call('/model/auto/converse'));
    expect([answer.status, ...told(answer)]).toEqual([503, 'premium', PRO, null]);
    expect(sent).toHaveLength(1);
  } finally {
    await plain.close();
  }
});

test('an upstream that is not there leaves no entry of any label, and names none', async () => {
  const gone = await startUpstream();
  await gone.close();
  const settings = { fallbackOnUpstream: 'unavailable' };
  const lost = await startProduct({ upstreamUrl: gone.url, settings });
  try {
    const tenant = await tenantOf(lost);
    const answer = await tenant.call('/model/auto/converse');
    expect([answer.status, answer.error]).toEqual([503, 'ServiceUnavailableException']);
    expect(told(answer)).toEqual([null, null, null]);
    expect(await entriesOf(lost, answer.requestId)).toEqual([]);
    expect(await lost.server.stores.ledger.holds()).toEqual([]);
  } finally {
    await lost.close();
  }
});
