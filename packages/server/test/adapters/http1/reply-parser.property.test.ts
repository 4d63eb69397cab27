/** Replies cut anywhere, noise, and what another parser makes of the same bytes. */
import { request } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { oneByOne, readReply, type Reading } from './reply-reading.ts';

const WITHIN = { interruptAfterTimeLimit: 1_500, markInterruptAsFailure: false } as const;

const bodies = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const headers = fc.array(
  fc.tuple(
    fc.stringMatching(/^[xX]-[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,8}$/),
    fc.stringMatching(/^([!-~\x80-\xff]([ \t!-~\x80-\xff]{0,12}[!-~\x80-\xff])?)?$/),
  ),
  { maxLength: 5 },
);

/** A valid reply: its bytes, and what is to be read from them. */
const replies = fc
  .record({
    status: fc.constantFrom(200, 201, 400, 429, 500, 503),
    headers,
    chunks: fc.array(
      bodies.filter((body) => body.length > 0),
      { maxLength: 5 },
    ),
    framing: fc.constantFrom('length', 'chunked', 'close'),
    interim: fc.boolean(),
    trailers: headers,
    hex: fc.constantFrom('lower', 'upper', 'padded'),
  })
  .map(({ status, headers: own, chunks, framing, interim, trailers, hex }) => {
    const body = chunks.join('');
    const framed: [string, string][] =
      framing === 'length'
        ? [['Content-Length', String(body.length)]]
        : framing === 'chunked'
          ? [['Transfer-Encoding', 'chunked']]
          : [];
    const all = [...own, ...framed];
    const fields = (list: readonly (readonly [string, string])[]): string =>
      list.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const size = (count: number): string => {
      const digits = count.toString(16);
      if (hex === 'padded') return `00${digits}`;
      return hex === 'upper' ? digits.toUpperCase() : digits;
    };
    const parts = chunks.map((chunk) => `${size(chunk.length)}\r\n${chunk}\r\n`);
    const sent = framing === 'chunked' ? `${parts.join('')}0\r\n${fields(trailers)}\r\n` : body;
    const before = interim ? 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n' : '';
    return {
      bytes: `${before}HTTP/1.1 ${status} Some Reason\r\n${fields(all)}\r\n${sent}`,
      closes: framing === 'close',
      expected: { status, rawHeaders: all.flat(), body, ends: 1, reusable: framing !== 'close' },
    };
  });

/** Cuts a text at some places. */
function cut(text: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((n) => n % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, i) => text.slice(from, places[i] ?? text.length));
}

test('a valid reply is read the same, however it is cut', () => {
  fc.assert(
    fc.property(
      replies,
      fc.array(fc.nat(), { maxLength: 12 }),
      ({ bytes, closes, expected }, at) => {
        for (const pieces of [[bytes], cut(bytes, at), oneByOne(bytes)]) {
          expect(readReply(pieces, closes)).toEqual({ ...expected, error: null });
        }
      },
    ),
    WITHIN,
  );
});

test('a reply of which the end is missing never ends', () => {
  const framed = replies.filter(({ closes }) => !closes);
  fc.assert(
    fc.property(framed, fc.nat(), ({ bytes }, at) => {
      const reading = readReply([bytes.slice(0, at % bytes.length)], true);
      expect(reading.ends).toBe(0);
      expect(reading.error).toMatch(/closed/);
    }),
    WITHIN,
  );
});

/** What is likely to mean something to a parser, in any order. */
const noise = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'HTTP/1.1 200 OK\r\n',
        'HTTP/1.0 200 OK\r\n',
        'Content-Length: 3\r\n',
        'Content-Length: 0\r\n',
        'Transfer-Encoding: chunked\r\n',
        'Connection: close\r\n',
        '\r\n',
        '\r',
        '\n',
        ' ',
        '0\r\n',
        '3\r\n',
        'abc',
        ';x',
        ':',
        'HTTP/1.1 100 Continue\r\n\r\n',
      ),
      fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    ),
    { maxLength: 16 },
  )
  .map((parts) => parts.join(''));

test('no bytes make it throw, and cutting them changes nothing', () => {
  fc.assert(
    fc.property(
      noise,
      fc.boolean(),
      fc.boolean(),
      fc.array(fc.nat()),
      (text, begun, closes, at) => {
        const bytes = begun ? `HTTP/1.1 200 OK\r\n${text}` : text;
        const whole = readReply([bytes], closes);
        // Whether more follows is known only when it has come: that alone may differ.
        const { reusable: _, ...same } = whole;
        expect(readReply(cut(bytes, at), closes)).toMatchObject(same);
        expect(whole.ends).toBeLessThanOrEqual(1);
      },
    ),
    WITHIN,
  );
});

let server: Server;
let answer = Buffer.alloc(0);
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

/** The same bytes through the client of Node.js. */
function readByNode(text: string): Promise<Pick<Reading, 'status' | 'rawHeaders' | 'body'> | null> {
  answer = Buffer.from(text, 'latin1');
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve) => {
    const sent = request({ port, host: '127.0.0.1', method: 'POST', agent: false }, (reply) => {
      const parts: Buffer[] = [];
      reply.on('data', (part: Buffer) => parts.push(part));
      reply.on('error', () => resolve(null));
      reply.on('end', () =>
        resolve({
          status: reply.statusCode ?? 0,
          rawHeaders: reply.rawHeaders,
          body: Buffer.concat(parts).toString('latin1'),
        }),
      );
    });
    sent.on('upgrade', (_reply, socket) => {
      socket.destroy();
      resolve(null);
    });
    sent.on('error', () => resolve(null));
    sent.end();
  });
}

test('the client of Node.js reads valid replies the same', async () => {
  await fc.assert(
    fc.asyncProperty(replies, async ({ bytes, closes }) => {
      const { status, rawHeaders, body, error } = readReply([bytes], closes);
      expect(error).toBeNull();
      expect(await readByNode(bytes)).toEqual({ status, rawHeaders, body });
    }),
    WITHIN,
  );
});

test('what is taken for a whole reply here is the same one to the client of Node.js', async () => {
  await fc.assert(
    fc.asyncProperty(noise, async (text) => {
      const bytes = `HTTP/1.1 200 OK\r\n${text}`;
      const { status, rawHeaders, body, ends, error } = readReply([bytes], true);
      fc.pre(ends === 1 && error === null);
      expect(await readByNode(bytes)).toEqual({ status, rawHeaders, body });
    }),
    WITHIN,
  );
});
