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
