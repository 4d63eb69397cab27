/** Calls over HTTP/2 with prior knowledge, with every header in the hands of the test. */
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { RunningProduct } from '@tollkeeper/testkit';

export interface Http2Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly error: string;
}

/** Opens a session; errors of the session are the test's to provoke and not to crash on. */
export async function openSession(
  product: Pick<RunningProduct, 'endpoint'>,
): Promise<ClientHttp2Session> {
  const session = connect(product.endpoint);
  session.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    session.once('connect', () => resolve());
    session.once('error', reject);
  });
  return session;
}

/** Opens a stream; nothing is sent of a body yet. */
export function openStream(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
): ClientHttp2Stream {
  const stream = session.request({ ':method': 'POST', ...headers }, { endStream: false });
  stream.on('error', () => undefined);
  return stream;
}

/** The whole answer of a stream; rejects when it is reset before. */
export function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let head: Readonly<Record<string, unknown>> = {};
    stream.on('response', (headers) => {
      head = headers;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(head).map(([name, value]) => [name, String(value)]),
      );
      const status = Number(headers[':status'] ?? 0);
      const error = (headers['x-amzn-errortype'] ?? '').replace(/:.*/, '');
      if (status === 0) reject(new Error(`reset with code ${stream.rstCode}`));
      else resolve({ status, headers, body: Buffer.concat(chunks), error });
    });
    stream.on('close', () => reject(new Error(`reset with code ${stream.rstCode}`)));
  });
}

/** One call on a session of its own. */
export async function http2Call(
  product: Pick<RunningProduct, 'endpoint'>,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): Promise<Http2Answer> {
  const session = await openSession(product);
  try {
    const stream = openStream(session, headers);
    const answer = answerOf(stream);
    stream.end(body);
    return await answer;
  } finally {
    session.destroy();
  }
}

/** Frame types and flags of RFC 9113 that tests write by hand. */
export const FRAME = { data: 0, headers: 1, reset: 3, settings: 4 } as const;
export const END_HEADERS = 4;

/** What opens a connection: the preface and empty settings. */
export function http2Opening(): Buffer {
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    http2Frame(FRAME.settings),
  ]);
}

/** One frame as it goes over the wire, however little sense it makes. */
export function http2Frame(
  type: number,
  flags = 0,
  streamId = 0,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** A header block of literals that are never indexed (RFC 7541, section 6.2.3). */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(headers)) {
    parts.push(Buffer.from([0x10]), literal(name), literal(value));
  }
  return Buffer.concat(parts);
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text);
  const prefix = 127;
  if (bytes.length < prefix) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [prefix];
  let rest = bytes.length - prefix;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  length.push(rest);
  return Buffer.concat([Buffer.from(length), bytes]);
}
