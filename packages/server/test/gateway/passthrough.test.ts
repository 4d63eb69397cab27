/**
 * Bytes pass untouched, in both directions: an upstream on a plain socket records what it gets and
 * answers with what the test wrote. What must not pass - credentials, headers of one connection,
 * names that are ours - does not.
 */
import { EventStreamCodec } from '@smithy/core/event-streams';
import type { RunningServer } from '@tollkeeper/server';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { http2Call } from './http2-caller.ts';
import { rawCall, rawRequest } from './raw-socket.ts';
import {
  SMALL_REPLY,
  startUpstream,
  wholeAnswer,
  writeChunked,
  type RecordedRequest,
  type RecordingUpstream,
} from './recording-upstream.ts';
import { entriesOf } from './requests.ts';
import { startSecond, UPSTREAM_TOKEN } from './second-server.ts';

const NOVA = 'amazon.nova-micro-v1:0';
const STREAM_TYPE = 'Content-Type: application/vnd.amazon.eventstream';

let upstream: RecordingUpstream;
/** In the demo, and signing with SigV4. */
let demo: RunningProduct;
/** The same store behind a server that is no demo and sends a Bedrock API key. */
let real: RunningServer;

beforeAll(async () => {
  upstream = await startUpstream();
  demo = await startProduct({ upstreamUrl: upstream.url });
  real = await startSecond(demo, { kind: 'real', upstreamUrl: upstream.url });
});
afterAll(async () => {
  await real.close();
  await demo.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.requests.length = 0;
  upstream.answerWith((socket) => socket.write(wholeAnswer(SMALL_REPLY)));
});

/** A call as bytes, to the real server unless told otherwise. */
function send(
  body: string | Buffer,
  headers: readonly string[] = [],
  path = `/model/${NOVA}/converse`,
  to: { readonly endpoint: string } = real,
) {
  const bytes = Buffer.from(body);
  const head = rawRequest(`POST ${path} HTTP/1.1`, [
    'Host: gateway.example',
    `Authorization: Bearer ${demo.apiKey}`,
    `Content-Length: ${bytes.length}`,
    ...headers,
  ]);
  return rawCall(to, Buffer.concat([Buffer.from(head, 'latin1'), bytes]));
}

function only(): RecordedRequest {
  const [request, ...others] = upstream.requests;
  if (request === undefined || others.length > 0) throw new Error('not exactly one request');
  return request;
}

function names(request: RecordedRequest): readonly string[] {
  return request.headers.map(([name]) => name.toLowerCase());
}

function header(request: RecordedRequest, name: string): string | undefined {
  return request.headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

const ODD_BODY =
  '\r\n{ "messages" : [\t{"role":"user",' +
  '"content":[{"text":"H\\u00e9llo \\ud83e\\uddfe é 🧾\\/"}]}],\n' +
  '  "inferenceConfig":{"maxTokens": 1.0e1,"temperature":0.10000000000000000001},' +
  '"futureMember":{"a":[1,2,{"b":null}],"c":9007199254740993},"requestMetadata":{"team":"a"}}  \n';

describe('requests', () => {
  test('reach the upstream byte for byte, unknown members and whitespace too', async () => {
    for (const to of [real, demo]) {
      upstream.requests.length = 0;
      expect((await send(ODD_BODY, [], undefined, to)).status).toBe(200);
      expect(only().body.equals(Buffer.from(ODD_BODY))).toBe(true);
    }
  });

  test('in chunks arrive as one whole body with its length', async () => {
    const bytes = Buffer.from(ODD_BODY);
    const half = bytes.length >> 1;
    const chunk = (part: Buffer): Buffer =>
      Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
    const head = rawRequest(`POST /model/${NOVA}/converse HTTP/1.1`, [
      'Host: x',
      `Authorization: Bearer ${demo.apiKey}`,
      'Transfer-Encoding: chunked',
      'Trailer: x-late',
    ]);
    const parts = [chunk(bytes.subarray(0, half)), chunk(bytes.subarray(half))];
    const end = Buffer.from('0\r\nx-late: 1\r\n\r\n');
    const answer = await rawCall(real, Buffer.concat([Buffer.from(head), ...parts, end]));
    expect(answer.status).toBe(200);
    expect(only().body.equals(bytes)).toBe(true);
    expect(header(only(), 'content-length')).toBe(String(bytes.length));
    expect(names(only())).not.toContain('transfer-encoding');
    expect(names(only())).not.toContain('x-late');
  });

  test.each([
    [`/model/${NOVA}/converse`, '/model/amazon.nova-micro-v1%3A0/converse'],
    ['/model/amazon.nova-micro-v1%3a0/converse', '/model/amazon.nova-micro-v1%3A0/converse'],
    ['/model/%61mazon.nova-micro-v1:0/converse', '/model/amazon.nova-micro-v1%3A0/converse'],
  ])('are sent to the path rebuilt from what was understood: %s', async (path, expected) => {
    expect((await send(ODD_BODY, [], path)).status).toBe(200);
    expect(only().line).toBe(`POST ${expected} HTTP/1.1`);
  });

  test('keep headers that nobody here knows, and lose those that are not to pass', async () => {
    const answer = await send(ODD_BODY, [
      'Content-Type: application/json; charset=utf-8',
      'Accept: application/json',
      'User-Agent: my-agent/1.0',
      'X-Amzn-Bedrock-Trace: ENABLED',
      'X-Future: a  b',
      'X-Twice: one',
      'X-Twice: two',
      'amz-sdk-invocation-id: 0b6e1f8e-8a53-4b3b-9d3e-0d3e0b6e1f8e',
      'x-api-key: client-secret-1',
      'Cookie: session=client-secret-2',
      'X-Amz-Security-Token: client-secret-3',
      'X-Amz-Date: 20200101T000000Z',
      'X-Tollkeeper-Attempt-Id: forged-1',
      'X-Tollkeeper-Gateway: forged-2',
      'X-Tollkeeper-Anything: forged-3',
      'X-Simulator-Fault: throttle',
      'Proxy-Authorization: Basic client-secret-4',
      'TE: trailers',
      'Keep-Alive: timeout=5',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMA',
      'Forwarded: for=10.0.0.1',
      'X-Forwarded-For: 10.0.0.1',
      'X-Hop: nominated',
      'Connection: keep-alive, X-Hop, HTTP2-Settings',
      'Expect: 100-continue',
      'Accept-Encoding: gzip, br',
    ]);
    expect(answer.status).toBe(200);
    const request = only();
    expect(header(request, 'content-type')).toBe('application/json; charset=utf-8');
    expect(header(request, 'user-agent')).toBe('my-agent/1.0');
    expect(header(request, 'x-amzn-bedrock-trace')).toBe('ENABLED');
    expect(header(request, 'x-future')).toBe('a  b');
    expect(header(request, 'x-twice')).toBe('one, two');
    expect(header(request, 'amz-sdk-invocation-id')).toBe('0b6e1f8e-8a53-4b3b-9d3e-0d3e0b6e1f8e');
    expect(header(request, 'authorization')).toBe(`Bearer ${UPSTREAM_TOKEN}`);
    expect(header(request, 'host')).toBe(new URL(upstream.url).host);
    expect(header(request, 'accept-encoding')).toBe('identity');
    const all = JSON.stringify(request.headers);
    for (const secret of ['client-secret', 'forged', 'throttle', 'nominated', '10.0.0.1', 'AAMA']) {
      expect(all).not.toContain(secret);
    }
    expect(all).not.toContain(demo.apiKey);
    for (const gone of ['cookie', 'te', 'keep-alive', 'upgrade', 'expect', 'forwarded', 'x-hop']) {
      expect(names(request)).not.toContain(gone);
    }
    // One of each of ours, made here.
    const ours = names(request).filter((name) => name.startsWith('x-tollkeeper-'));
    expect(ours.sort()).toEqual(['x-tollkeeper-attempt-id', 'x-tollkeeper-gateway']);
    const attempt = header(request, 'x-tollkeeper-attempt-id') ?? '';
    const [entry] = await entriesOf(demo, answer.headers['x-tollkeeper-request-id'] ?? '');
    expect(entry?.attempt_id).toBe(attempt);
  });

  test('carry the script for the simulator only in the demo', async () => {
    await send(ODD_BODY, ['X-Simulator-Fault: slow;ms=1']);
    expect(names(only())).not.toContain('x-simulator-fault');
    upstream.requests.length = 0;
    await send(ODD_BODY, ['X-Simulator-Fault: slow;ms=1'], undefined, demo);
    expect(header(only(), 'x-simulator-fault')).toBe('slow;ms=1');
  });

  test('are signed anew with the gateway’s own identity, never the caller’s', async () => {
    const headers = ['Content-Type: application/json', 'X-Name: Ren\xe9', 'X-Amz-Future: a'];
    expect((await send(ODD_BODY, headers, undefined, demo)).status).toBe(200);
    const signature = header(only(), 'authorization') ?? '';
    expect(signature).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDSIMULATOR00000000\//);
    // What a proxy may rewrite, and what is no ASCII, is not part of it.
    expect(/SignedHeaders=([^,]+)/.exec(signature)?.[1]?.split(';')).toEqual([
      'content-type',
      'host',
      'x-amz-date',
      'x-amz-future',
    ]);
    expect(header(only(), 'x-name')).toBe('Ren\xe9');
    expect(JSON.stringify(only().headers)).not.toContain(demo.apiKey);
  });

  test('over HTTP/2 arrive the same, without pseudo-headers', async () => {
    const answer = await http2Call(
      real,
      {
        ':path': `/model/${NOVA}/converse`,
        authorization: `Bearer ${demo.apiKey}`,
        'x-future': 'a  b',
        'x-tollkeeper-attempt-id': 'forged',
        cookie: 'a=client-secret',
        te: 'trailers',
      },
      ODD_BODY,
    );
    expect(answer.status).toBe(200);
    expect(only().body.equals(Buffer.from(ODD_BODY))).toBe(true);
    expect(header(only(), 'x-future')).toBe('a  b');
    expect(names(only()).some((name) => name.startsWith(':'))).toBe(false);
    expect(JSON.stringify(only().headers)).not.toMatch(/forged|client-secret|trailers/);
  });
});

const ODD_REPLY =
  ' {"future":[1.50,{"x":"\\u0041"}],\n' +
  '"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},' +
  '"usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7,"later":"é"}}\r\n';

describe('answers', () => {
  test('come back byte for byte, with headers that nobody here knows', async () => {
    upstream.answerWith((socket) =>
      socket.write(
        wholeAnswer(ODD_REPLY, '200 OK', [
          'Content-Type: application/json',
          'x-amzn-RequestId: 0b6e1f8e-8a53-4b3b-9d3e-0d3e0b6e1f8e',
          'X-Future: c  d',
          'Set-Cookie: a=1',
          'Keep-Alive: timeout=5',
          'X-Hop: nominated',
          'Connection: keep-alive, X-Hop',
          'X-Tollkeeper-Cost-Usd: 999',
          'X-Tollkeeper-Request-Id: forged',
        ]),
      ),
    );
    const answer = await send(ODD_BODY);
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(ODD_REPLY);
    expect(answer.headers['x-amzn-requestid']).toBe('0b6e1f8e-8a53-4b3b-9d3e-0d3e0b6e1f8e');
    expect(answer.headers['x-future']).toBe('c  d');
    expect(answer.headers['x-hop']).toBeUndefined();
    expect(answer.headers['x-tollkeeper-cost-usd']).not.toBe('999');
    expect(answer.headers['x-tollkeeper-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    const [entry] = await entriesOf(demo, answer.headers['x-tollkeeper-request-id'] ?? '');
    expect(entry?.upstream_request_id).toBe('0b6e1f8e-8a53-4b3b-9d3e-0d3e0b6e1f8e');
    expect(entry?.usage).toMatchObject({ input_tokens: 5, output_tokens: 2 });
  });

  test('that are errors come back with their own status, name and body', async () => {
    const body = '{"message":"Too  many","extra":{"a":1}}';
    upstream.answerWith((socket) =>
      socket.write(
        wholeAnswer(body, '429 Too Many Requests', [
          'Content-Type: application/x-amz-json-1.1',
          'X-Amzn-ErrorType: ThrottlingException:http://internal.amazon.com/coral/',
          'Retry-After: 7',
        ]),
      ),
    );
    const answer = await send(ODD_BODY);
    expect([answer.status, answer.error, answer.body]).toEqual([429, 'ThrottlingException', body]);
    expect(answer.headers['retry-after']).toBe('7');
    expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
  });

  test('larger than the buffer come back byte for byte', async () => {
    const text = 'é'.repeat(900_000);
    const large = SMALL_REPLY.replace('"Hi"', JSON.stringify(text));
    const bytes = Buffer.from(large);
    const cuts = cut(bytes, 3);
    upstream.answerWith((socket) => {
      void writeChunked(socket, cuts, ['Content-Type: application/json']);
    });
    const answer = await send(ODD_BODY);
    expect(answer.body === large).toBe(true);
    const [entry] = await entriesOf(demo, answer.headers['x-tollkeeper-request-id'] ?? '');
    expect(entry).toMatchObject({ usage_source: 'reported', outcome: 'ok' });
  });
});

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString(),
  (text) => Buffer.from(text),
);

function frame(type: string, payload: string, more: object = {}): Buffer {
  const headers = {
    ':event-type': { type: 'string', value: type },
    ':content-type': { type: 'string', value: 'application/json' },
    ':message-type': { type: 'string', value: 'event' },
    ...more,
  };
  return Buffer.from(codec.encode({ headers: headers as never, body: Buffer.from(payload) }));
}

/** Cuts bytes at random places, the same for the same seed; some pieces are a single byte. */
function cut(bytes: Buffer, seed: number): Buffer[] {
  const pieces: Buffer[] = [];
  let state = seed;
  for (let at = 0; at < bytes.length;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const most = bytes.length > 100_000 ? 60_000 : 90;
    const size = 1 + ((state >>> 8) % most);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const FRAMES = [
  frame('messageStart', '{"role":"assistant","p":"abcdefghijkl"}'),
  frame('contentBlockDelta', '{ "contentBlockIndex":0,"delta":{"text":"Hé"},"p":"a"}'),
  frame('anEventOfTheFuture', '{"x":[1,2,3]}', { ':odd': { type: 'boolean', value: true } }),
  frame('contentBlockDelta', `{"contentBlockIndex":0,"delta":{"text":"${'x'.repeat(5_000)}"}}`),
  frame('anEmptyEvent', ''),
  frame('messageStop', '{"stopReason":"end_turn"}'),
  frame('metadata', '{"usage":{"inputTokens":5,"outputTokens":9,"totalTokens":14},"p":"abc"}'),
];

describe('streams', () => {
  const whole = Buffer.concat(FRAMES);
  const path = `/model/${NOVA}/converse-stream`;

  test.each([1, 2, 3, 4, 5])(
    'come back frame for frame, however they are cut (seed %i)',
    async (seed) => {
      upstream.answerWith((socket) => {
        void writeChunked(socket, cut(whole, seed), [STREAM_TYPE, 'x-future: c']);
      });
      const h1 = await fetch(`${real.endpoint}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${demo.apiKey}` },
        body: ODD_BODY,
      });
      expect(h1.headers.get('x-future')).toBe('c');
      expect(h1.headers.get('content-type')).toBe('application/vnd.amazon.eventstream');
      expect(Buffer.from(await h1.arrayBuffer()).equals(whole)).toBe(true);
      const headers = { ':path': path, authorization: `Bearer ${demo.apiKey}` };
      const h2 = await http2Call(real, headers, ODD_BODY);
      expect(h2.body.equals(whole)).toBe(true);
      const [entry] = await entriesOf(demo, h2.headers['x-tollkeeper-request-id'] ?? '');
      expect(entry?.usage).toMatchObject({ input_tokens: 5, output_tokens: 9 });
    },
  );

  test('a single byte at a time come back whole', async () => {
    const pieces = [...whole.subarray(0, 900)].map((byte) => Buffer.from([byte]));
    upstream.answerWith((socket) => {
      void writeChunked(socket, [...pieces, whole.subarray(900)], [STREAM_TYPE]);
    });
    const answer = await http2Call(
      real,
      { ':path': path, authorization: `Bearer ${demo.apiKey}` },
      ODD_BODY,
    );
    expect(answer.body.equals(whole)).toBe(true);
  });

  test('a frame is passed on when it is complete, not when the next one comes', async () => {
    let more: (() => void) | undefined;
    upstream.answerWith((socket) => {
      const head = `HTTP/1.1 200 OK\r\n${STREAM_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const [first = whole] = FRAMES;
      socket.write(head);
      socket.write(`${first.length.toString(16)}\r\n`);
      socket.write(first);
      more = () => {
        const rest = whole.subarray(first.length);
        socket.write(`\r\n${rest.length.toString(16)}\r\n`);
        socket.write(rest);
        socket.write('\r\n0\r\n\r\n');
      };
    });
    const answer = await fetch(`${real.endpoint}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${demo.apiKey}` },
      body: ODD_BODY,
    });
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).equals(FRAMES[0] ?? whole)).toBe(true);
    more?.();
    const rest: Uint8Array[] = [];
    for (;;) {
      const next = await reader?.read();
      if (next?.value === undefined) break;
      rest.push(next.value as Uint8Array);
    }
    expect(Buffer.concat(rest).equals(whole.subarray(FRAMES[0]?.length))).toBe(true);
  });
});
