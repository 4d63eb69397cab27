/**
 * An upstream on a plain socket: keeps every byte that it gets and answers with the bytes it is
 * given.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** One request as it came over the wire. */
export interface RecordedRequest {
  readonly line: string;
  /** Name and value as written, in order. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** Writes an answer to a request; it ends the socket itself if it wants that. */
export type Answering = (socket: Socket, request: RecordedRequest) => void;

export interface RecordingUpstream {
  readonly url: string;
  readonly requests: RecordedRequest[];
  answerWith(answering: Answering): void;
  close(): Promise<void>;
}

/** Starts one. Until told otherwise it answers with a small Converse reply. */
export async function startUpstream(): Promise<RecordingUpstream> {
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  let answering: Answering = (socket) => socket.write(wholeAnswer(SMALL_REPLY));
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = Buffer.alloc(0);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const parsed = parseRequest(received);
        if (parsed === undefined) return;
        received = received.subarray(parsed.end);
        requests.push(parsed.request);
        answering(socket, parsed.request);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerWith(next) {
      answering = next;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A reply whose usage every reader understands. */
export const SMALL_REPLY =
  '{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn",' +
  '"usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7},"metrics":{"latencyMs":1}}';

/** A whole answer as bytes; headers come as lines. */
export function wholeAnswer(
  body: string | Buffer,
  status = '200 OK',
  headers: readonly string[] = ['Content-Type: application/json'],
): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${bytes.length}`, '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), bytes]);
}

/** Answers in chunks cut where the test says, each written by itself. */
export async function writeChunked(
  socket: Socket,
  pieces: readonly Buffer[],
  headers: readonly string[],
): Promise<void> {
  const head = ['HTTP/1.1 200 OK', ...headers, 'Transfer-Encoding: chunked', '', ''];
  await written(socket, Buffer.from(head.join('\r\n'), 'latin1'));
  for (const piece of pieces) {
    const size = Buffer.from(`${piece.length.toString(16)}\r\n`);
    await written(socket, Buffer.concat([size, piece, Buffer.from('\r\n')]));
  }
  await written(socket, Buffer.from('0\r\n\r\n'));
}

function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.write(bytes, () => setImmediate(resolve));
  });
}

function parseRequest(received: Buffer): { request: RecordedRequest; end: number } | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [line = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const headers = lines.map((header): readonly [string, string] => {
    const colon = header.indexOf(':');
    return [header.slice(0, colon), header.slice(colon + 1).trim()];
  });
  const length = headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  const end = headEnd + 4 + Number(length ?? 0);
  if (end > received.length) return undefined;
  return { request: { line, headers, body: received.subarray(headEnd + 4, end) }, end };
}
