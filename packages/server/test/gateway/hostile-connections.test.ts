/**
 * Connections that do not behave: slow, half-closed, smuggling, pipelined, reset, upgraded. What is
 * HTTP gets its answer, what is not gets an error, and nothing is left behind.
 */
import { constants } from 'node:http2';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  answerOf,
  END_HEADERS,
  FRAME,
  headerBlock,
  http2Call,
  http2Frame,
  http2Opening,
  openSession,
  openStream,
} from './http2-caller.ts';
import { counterOf } from './metrics-reading.ts';
import { rawCall, rawRequest, RawSocket } from './raw-socket.ts';
import { call, converseBody, eventually } from './requests.ts';

const NOVA = 'amazon.nova-micro-v1:0';
const PATH = `/model/${encodeURIComponent(NOVA)}/converse`;
const BODY = converseBody('Hello');
const HEADERS_MS = 400;
const BODY_MS = 600;

let product: RunningProduct;

beforeAll(async () => {
  product = await startProduct({
    settings: { headersTimeoutMs: HEADERS_MS, bodyTimeoutMs: BODY_MS, admissionWaitMs: 100 },
  });
});
afterAll(() => product.close());

afterEach(async () => {
  await eventually(async () => {
    const running = await counterOf(product, 'tollkeeper_calls_running');
    const bytes = await counterOf(product, 'tollkeeper_buffered_bytes');
    return running + bytes === 0 ? true : undefined;
  });
  expect(await product.server.stores.ledger.holds()).toEqual([]);
  expect((await call(product, {})).status).toBe(200);
});

function auth(): string {
  return `authorization: Bearer ${product.apiKey}`;
}

function post(headers: readonly string[], body = '', version = '1.1'): string {
  return rawRequest(`POST ${PATH} HTTP/${version}`, ['host: x', auth(), ...headers], body);
}

function h2Headers(): Record<string, string> {
  return { ':path': PATH, authorization: `Bearer ${product.apiKey}` };
}

/** Bodies of two calls that answer differently, with their lengths. */
function sized(maxTokens: number): { body: string; length: string } {
  const body = converseBody('Hello', maxTokens);
  return { body, length: `content-length: ${body.length}` };
}

function outputTokens(body: string): number {
  return (JSON.parse(body) as { usage: { outputTokens: number } }).usage.outputTokens;
}

async function billed(): Promise<number> {
  return (await product.book()).filter((row) => row.billed).length;
}

describe('headers', () => {
  test.each([
    ['one header of 100 KB', [`x-large: ${'a'.repeat(100_000)}`]],
    ['one name of 100 KB', [`${'x'.repeat(100_000)}: a`]],
    ['20,000 headers', Array.from({ length: 20_000 }, (_, i) => `x-${i}: a`)],
    ['2,000 headers', Array.from({ length: 2_000 }, (_, i) => `x-${i}: a`)],
  ])('%s are refused over HTTP/1.1', async (_what, headers) => {
    const before = await billed();
    const answer = await rawCall(
      product,
      post([...headers, `content-length: ${BODY.length}`], BODY),
    );
    expect([answer.status, answer.error]).toEqual([431, 'ValidationException']);
    expect(answer.body).toContain('headers');
    expect(await billed()).toBe(before);
  });

  test('of absurd size or number are refused over HTTP/2', async () => {
    const before = await billed();
    const many = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, i): [string, string] => [`x-${i}`, 'a']),
    );
    for (const headers of [{ 'x-large': 'a'.repeat(100_000) }, many]) {
      const answer = await http2Call(product, { ...h2Headers(), ...headers }, BODY).catch(
        (error: unknown) => error as Error,
      );
      // Either an answer or the end of the stream; never a call.
      if (!(answer instanceof Error)) expect(answer.status).toBe(431);
    }
    expect(await billed()).toBe(before);
  });

  test.each([
    ['a NUL', 'x-a: a\0b'],
    ['a bare carriage return', 'x-a: a\rb: c'],
    ['a space in the name', 'x a: b'],
    ['a space before the colon', 'x-a : b'],
    ['no colon', 'x-a'],
    ['a folded line', 'x-a: b\r\n c'],
  ])('with %s are refused', async (_what, header) => {
    const answer = await rawCall(product, post([header, `content-length: ${BODY.length}`], BODY));
    expect([answer.status, answer.error]).toEqual([400, 'ValidationException']);
  });

  test('with bytes beyond ASCII do no harm', async () => {
    const text = post(['x-name: Ren\xe9', `content-length: ${BODY.length}`], BODY);
    const answer = await rawCall(product, Buffer.from(text, 'latin1'));
    expect(answer.status).toBe(200);
  });

  test('without a host are refused, as HTTP/1.1 demands', async () => {
    const headers = [auth(), `content-length: ${BODY.length}`];
    const answer = await rawCall(product, rawRequest(`POST ${PATH} HTTP/1.1`, headers, BODY));
    expect(answer.status).toBe(400);
  });
});

describe('slow clients', () => {
  test('that dribble headers are cut off', async () => {
    const raw = new RawSocket(product);
    await raw.write(`POST ${PATH} HTTP/1.1\r\n`);
    const dribble = setInterval(() => void raw.write('x-a: b\r\n'), 50);
    try {
      expect(await raw.ended()).toMatch(/^HTTP\/1\.1 408 .*RequestTimeoutException/s);
    } finally {
      clearInterval(dribble);
      raw.destroy();
    }
  });

  test('that dribble a body are cut off, and give back what they had buffered', async () => {
    const raw = new RawSocket(product);
    await raw.write(post(['content-length: 10000']));
    const dribble = setInterval(() => void raw.write('x'), 50);
    try {
      const answer = await raw.answer();
      expect(['ValidationException', 'RequestTimeoutException']).toContain(answer.error);
      await raw.ended();
    } finally {
      clearInterval(dribble);
      raw.destroy();
    }
  });

  test('that dribble a body over HTTP/2 are cut off, and the session lives on', async () => {
    const session = await openSession(product);
    const stream = openStream(session, h2Headers());
    const answer = answerOf(stream);
    const dribble = setInterval(() => stream.write('x'), 50);
    try {
      expect(await answer).toMatchObject({ status: 400, error: 'ValidationException' });
      clearInterval(dribble);
      stream.close();
      const next = openStream(session, h2Headers());
      next.end(BODY);
      expect((await answerOf(next)).status).toBe(200);
    } finally {
      clearInterval(dribble);
      session.destroy();
    }
  });

  test('that never read their answer cost nothing but their connection', async () => {
    const raw = new RawSocket(product);
    raw.socket.pause();
    const body = converseBody('Hello', 5_000);
    const fault = 'x-simulator-fault: tokens;mode=worst, frames;count=5000';
    const request = rawRequest(
      `POST ${PATH}-stream HTTP/1.1`,
      ['host: x', auth(), fault, `content-length: ${body.length}`],
      body,
    );
    await raw.write(request);
    await eventually(async () =>
      (await counterOf(product, 'tollkeeper_calls_running')) === 1 ? true : undefined,
    );
    raw.destroy();
    await eventually(async () =>
      (await counterOf(product, 'tollkeeper_calls_running')) === 0 ? true : undefined,
    );
    const { entries } = await product.client.listEntries({ query: { limit: 1000 } });
    const entry = entries.at(-1);
    expect(entry).toMatchObject({ outcome: 'ok', usage_source: 'reported', streamed: true });
    expect(entry?.usage?.output_tokens).toBe(5_000);
  });
});

describe('half-closed connections', () => {
  test.each(['converse', 'converse-stream'])(
    'get their answer after the request: %s',
    async (operation) => {
      const raw = new RawSocket(product);
      const headers = ['host: x', auth(), 'x-simulator-fault: slow;ms=150'];
      raw.socket.end(
        rawRequest(
          `POST /model/${NOVA}/${operation} HTTP/1.1`,
          [...headers, `content-length: ${BODY.length}`],
          BODY,
        ),
      );
      expect((await raw.answer()).status).toBe(200);
      // And the connection ends by itself then.
      await raw.ended();
      raw.destroy();
    },
  );

  test('in the middle of a body cost nothing', async () => {
    const before = await billed();
    const raw = new RawSocket(product);
    raw.socket.end(post([`content-length: ${BODY.length}`], BODY.slice(0, 20)));
    expect(await raw.ended()).toMatch(/^(HTTP\/1\.1 400 |$)/);
    raw.destroy();
    expect(await billed()).toBe(before);
  });
});

describe('framing', () => {
  const smuggled = `POST ${PATH} HTTP/1.1\r\nhost: x\r\n\r\n`;
  const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

  test.each([
    ['a length and chunks', ['content-length: 4', 'transfer-encoding: chunked'], chunked],
    ['chunks and a length', ['transfer-encoding: chunked', 'content-length: 4'], chunked],
    ['two lengths', ['content-length: 4', `content-length: ${BODY.length}`], BODY],
    ['a list of lengths', [`content-length: 4, ${BODY.length}`], BODY],
    ['a negative length', ['content-length: -1'], BODY],
    ['a signed length', [`content-length: +${BODY.length}`], BODY],
    ['a length in hexadecimal', [`content-length: 0x${BODY.length.toString(16)}`], BODY],
    ['a length that is none', ['content-length: abc'], BODY],
    ['an unknown transfer coding', ['transfer-encoding: x-chunked'], chunked],
    ['chunked not last', ['transfer-encoding: chunked, identity'], chunked],
    ['chunked with a tab', ['transfer-encoding:\x0bchunked'], chunked],
    ['a broken chunk size', ['transfer-encoding: chunked'], `zz\r\n${BODY}\r\n0\r\n\r\n`],
    ['a chunk size too large', ['transfer-encoding: chunked'], `${'f'.repeat(20)}\r\n${BODY}`],
  ])('%s is refused, and nothing behind it is served', async (_what, headers, body) => {
    const before = (await product.book()).length;
    const raw = new RawSocket(product);
    await raw.write(post(headers, body) + smuggled);
    const text = await raw.ended();
    raw.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect((await product.book()).length).toBe(before);
  });

  test('bytes behind a refused body are never taken for a request', async () => {
    // The body is refused before it is read; what is in it looks like a request.
    const inner = post([`content-length: ${BODY.length}`], BODY);
    const before = (await product.book()).length;
    const raw = new RawSocket(product);
    const head = rawRequest(`POST ${PATH} HTTP/1.1`, [
      'host: x',
      `content-length: ${inner.length}`,
    ]);
    await raw.write(head);
    await raw.answer();
    await raw.write(inner);
    const text = await raw.ended();
    raw.destroy();
    expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    expect((await product.book()).length).toBe(before);
  });

  test('a body in chunks, with extensions and trailers, is served', async () => {
    const half = BODY.length >> 1;
    const chunks = [
      `${half.toString(16)};a=b\r\n${BODY.slice(0, half)}\r\n`,
      `${(BODY.length - half).toString(16)}\r\n${BODY.slice(half)}\r\n`,
      '0\r\nx-trailer: a\r\n\r\n',
    ];
    const answer = await rawCall(product, post(['transfer-encoding: chunked'], chunks.join('')));
    expect(answer.status).toBe(200);
  });
});

describe('many requests on one connection', () => {
  test('pipelined, are answered in order, each by its own', async () => {
    const sizes = [20, 30, 40, 50];
    const raw = new RawSocket(product);
    const requests = sizes.map((size, i) => {
      const { body, length } = sized(size);
      // The first is the slowest, so that an answer out of order would come first.
      return post([length, `x-simulator-fault: tokens;mode=worst, slow;ms=${200 - i * 60}`], body);
    });
    await raw.write(requests.join(''));
    const answers = await raw.answers(sizes.length);
    raw.destroy();
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.map(({ body }) => outputTokens(body))).toEqual(sizes);
  });

  test('good and bad ones mixed get each its own answer', async () => {
    const { body, length } = sized(20);
    const raw = new RawSocket(product);
    const bad = post(['content-length: 2'], '[]');
    await raw.write([post([length], body), bad, post([length], body)].join(''));
    const answers = await raw.answers(3);
    raw.destroy();
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 200]);
  });

  test('left in the middle of a pipeline are settled all the same', async () => {
    const before = await billed();
    const raw = new RawSocket(product);
    const { body, length } = sized(20);
    const one = post([length, 'x-simulator-fault: slow;ms=200'], body);
    await raw.write(one + one + one);
    await eventually(async () =>
      (await counterOf(product, 'tollkeeper_calls_running')) === 3 ? true : undefined,
    );
    raw.destroy();
    await eventually(async () => ((await billed()) === before + 3 ? true : undefined));
  });

  test('HTTP/1.0 is served, whole and streamed, and the connection ends', async () => {
    for (const operation of ['converse', 'converse-stream']) {
      const raw = new RawSocket(product);
      await raw.write(
        rawRequest(
          `POST /model/${NOVA}/${operation} HTTP/1.0`,
          [auth(), `content-length: ${BODY.length}`],
          BODY,
        ),
      );
      const text = await raw.ended();
      raw.destroy();
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(text.toLowerCase()).not.toContain('transfer-encoding');
      expect(text).toContain(operation === 'converse' ? '"usage"' : 'messageStop');
    }
  });

  test('Expect: 100-continue is answered before the body', async () => {
    const raw = new RawSocket(product);
    await raw.write(post(['expect: 100-continue', `content-length: ${BODY.length}`]));
    await eventually(async () =>
      raw.received.toString().startsWith('HTTP/1.1 100 ') ? true : undefined,
    );
    await raw.write(BODY);
    expect((await raw.answer()).status).toBe(200);
    raw.destroy();
  });
});

describe('other protocols', () => {
  test('CONNECT opens no tunnel', async () => {
    const raw = new RawSocket(product);
    await raw.write('CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n');
    const text = await raw.ended();
    raw.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test('an upgrade is ignored: the request is served as it is', async () => {
    const answer = await rawCall(
      product,
      post(['connection: upgrade', 'upgrade: websocket', `content-length: ${BODY.length}`], BODY),
    );
    expect(answer.status).toBe(200);
  });

  test('an upgrade to h2c is ignored, too', async () => {
    const settings = [
      'connection: upgrade, http2-settings',
      'upgrade: h2c',
      'http2-settings: AAMA',
    ];
    const answer = await rawCall(
      product,
      post([...settings, `content-length: ${BODY.length}`], BODY),
    );
    expect(answer.status).toBe(200);
  });

  test.each([
    ['TLS', Buffer.from('16030100f1010000ed0303', 'hex')],
    ['random bytes', Buffer.from('00ff10a5deadbeef0d0a0d0a', 'hex')],
    ['an empty line and nothing', Buffer.from('\r\n\r\n\r\nGET')],
  ])('%s is no HTTP and gets an end', async (_what, bytes) => {
    const raw = new RawSocket(product);
    raw.socket.end(bytes);
    expect(await raw.ended()).toMatch(/^(HTTP\/1\.1 400 |$)/);
    raw.destroy();
  });

  test('a preface followed by rubbish ends the connection', async () => {
    const raw = new RawSocket(product);
    await raw.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await raw.write(Buffer.alloc(400, 0xff));
    await raw.ended();
    raw.destroy();
  });
});

describe('HTTP/2 streams', () => {
  test('cut off in their body by a reset never pass for whole', async () => {
    const opaque = await product.client.createKey({
      params: { org_id: product.orgId, app_id: product.appId },
      body: { policy: { unpriced: 'flag' } },
    });
    const before = (await product.book()).length;
    const refused = await counterOf(product, 'tollkeeper_refusals_total');
    const raw = new RawSocket(product);
    await raw.write(http2Opening());
    // A model of which nothing is known: its body may be anything, a part of one included.
    const headers = headerBlock({
      ':method': 'POST',
      ':scheme': 'http',
      ':path': '/model/nobody.model-v1/invoke',
      ':authority': 'x',
      authorization: `Bearer ${opaque.api_key}`,
    });
    await raw.write(http2Frame(FRAME.headers, END_HEADERS, 1, headers));
    await raw.write(http2Frame(FRAME.data, 0, 1, Buffer.from('{"a":1}')));
    await eventually(async () =>
      (await counterOf(product, 'tollkeeper_buffered_bytes')) === 7 ? true : undefined,
    );
    await raw.write(http2Frame(FRAME.reset, 0, 1, Buffer.from([0, 0, 0, 8])));
    await eventually(async () =>
      (await counterOf(product, 'tollkeeper_calls_running')) === 0 ? true : undefined,
    );
    raw.destroy();
    expect((await product.book()).length).toBe(before);
    expect(await counterOf(product, 'tollkeeper_refusals_total')).toBe(refused);
  });

  test('of a client that just ends its connection are noticed, and it is ended', async () => {
    const idle = new RawSocket(product);
    await idle.write(http2Opening());
    idle.socket.end();
    await idle.ended();
    idle.destroy();
    const before = await billed();
    const raw = new RawSocket(product);
    const headers = headerBlock({
      ':method': 'POST',
      ':scheme': 'http',
      ':path': PATH,
      ':authority': 'x',
      authorization: `Bearer ${product.apiKey}`,
      'x-simulator-fault': 'slow;ms=150',
    });
    await raw.write(http2Opening());
    await raw.write(http2Frame(FRAME.headers, END_HEADERS, 1, headers));
    await raw.write(http2Frame(FRAME.data, 1, 1, Buffer.from(BODY)));
    await eventually(async () =>
      (await product.server.stores.ledger.holds()).length === 1 ? true : undefined,
    );
    raw.socket.end();
    await raw.ended();
    raw.destroy();
    await eventually(async () => ((await billed()) === before + 1 ? true : undefined));
  });

  test('reset in flight at every stage leave nothing and are settled once', async () => {
    const before = await billed();
    const session = await openSession(product);
    const stages = [0, 1, 2, 3] as const;
    for (const stage of stages) {
      const stream = openStream(session, {
        ...h2Headers(),
        'x-simulator-fault': 'slow;ms=150',
      });
      if (stage === 1) stream.write(BODY.slice(0, 10));
      if (stage >= 2) stream.end(BODY);
      if (stage === 3) {
        await eventually(async () =>
          (await counterOf(product, 'tollkeeper_calls_running')) === 1 ? true : undefined,
        );
        await eventually(async () =>
          (await product.server.stores.ledger.holds()).length === 1 ? true : undefined,
        );
      }
      stream.close(constants.NGHTTP2_CANCEL);
      await new Promise((resolve) => stream.once('close', resolve));
      await eventually(async () =>
        (await counterOf(product, 'tollkeeper_calls_running')) === 0 ? true : undefined,
      );
    }
    const good = openStream(session, h2Headers());
    good.end(BODY);
    expect((await answerOf(good)).status).toBe(200);
    session.destroy();
    await eventually(async () =>
      (await counterOf(product, 'tollkeeper_calls_running')) === 0 ? true : undefined,
    );
    // The last of the four was sent for certain, and so was the good one.
    const now = await billed();
    expect(now - before).toBeGreaterThanOrEqual(2);
    expect(now - before).toBeLessThanOrEqual(3);
  });

  test('opened and reset by the thousand harm nobody else', async () => {
    const session = await openSession(product);
    for (let i = 0; i < 3_000 && !session.destroyed; i++) {
      const stream = openStream(session, h2Headers());
      stream.end(BODY);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    expect((await call(product, {})).status).toBe(200);
    session.destroy();
  });

  test('of a session that is destroyed are settled like any client that leaves', async () => {
    const before = await billed();
    const session = await openSession(product);
    const streams = Array.from({ length: 8 }, () => {
      const stream = openStream(session, { ...h2Headers(), 'x-simulator-fault': 'slow;ms=200' });
      stream.end(BODY);
      return stream;
    });
    await eventually(async () =>
      (await product.server.stores.ledger.holds()).length === streams.length ? true : undefined,
    );
    session.destroy();
    await eventually(async () => ((await billed()) === before + 8 ? true : undefined));
  });
});
