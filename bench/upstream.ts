/**
 * The fixed-answer upstream: a Bedrock that costs almost nothing, so that what is measured is
 * what stands before it. Raw sockets and prepared bytes; it reads just enough HTTP/1.1 to find
 * where a request ends (content-length, keep-alive, one request at a time on a connection).
 *
 * `--pace-ms N` sends the frames of a stream one by one, N milliseconds apart; without it a
 * streamed answer leaves in one write, each frame a chunk of its own.
 */
import { createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { CONVERSE_REPLY, STREAM_FRAMES } from './answers.ts';
import { announce, onQuestion } from './child.ts';

const HEAD_END = '\r\n\r\n';
const HEAD_BYTES_MAX = 64 * 1024;

const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n' +
    'Content-Type: application/vnd.amazon.eventstream\r\nTransfer-Encoding: chunked\r\n' +
    'Connection: keep-alive\r\nx-amzn-RequestId: 6f1c8e0e-0000-4000-8000-00000000b01d\r\n\r\n',
);
const STREAM_CHUNKS = STREAM_FRAMES.map(chunked);
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
const STREAM_ANSWER = Buffer.concat([STREAM_HEAD, ...STREAM_CHUNKS, LAST_CHUNK]);
const CONVERSE_ANSWER = sized('200 OK', CONVERSE_REPLY);
const NOT_FOUND = sized('404 Not Found', Buffer.from('{"message":"no such operation"}'));
const LENGTH_REQUIRED = sized('411 Length Required', Buffer.from('{"message":"content-length"}'));

const { values } = parseArgs({ options: { 'pace-ms': { type: 'string', default: '0' } } });
const paceMs = Number(values['pace-ms']);

/** Answered calls by operation: the outside truth that entries are compared with. */
const answered = { converse: 0, stream: 0 };

const server = createServer({ noDelay: true }, serve);
server.listen(0, '127.0.0.1', () => announce(server));
onQuestion('answered', () => ({ ...answered }));

function serve(socket: Socket): void {
  /** Bytes of a head that has not ended yet. */
  let unread: Buffer | null = null;
  /** Bytes of the running request's body still to come, and the answer that then goes out. */
  let missing = 0;
  let answer: () => void = () => undefined;

  socket.on('error', () => socket.destroy());
  socket.on('data', (arrived: Buffer) => {
    let bytes = unread === null ? arrived : Buffer.concat([unread, arrived]);
    unread = null;
    while (bytes.length > 0) {
      if (missing > 0) {
        const taken = Math.min(missing, bytes.length);
        missing -= taken;
        bytes = bytes.subarray(taken);
        if (missing === 0) answer();
        continue;
      }
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) {
        if (bytes.length > HEAD_BYTES_MAX) socket.destroy();
        unread = bytes;
        return;
      }
      const request = readHead(bytes.toString('latin1', 0, end));
      bytes = bytes.subarray(end + HEAD_END.length);
      missing = request.bodyBytes;
      answer = () => reply(socket, request.operation);
      if (missing === 0) answer();
    }
  });
}

type Operation = 'converse' | 'stream' | 'unknown' | 'unsized';

function readHead(head: string): { operation: Operation; bodyBytes: number } {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const line = head.slice(0, head.indexOf('\r\n'));
  if (length === undefined) {
    const unsized = /\r\ntransfer-encoding:/i.test(head);
    return { operation: unsized ? 'unsized' : 'unknown', bodyBytes: 0 };
  }
  let operation: Operation = 'unknown';
  if (line.includes('/converse-stream ')) operation = 'stream';
  else if (line.includes('/converse ')) operation = 'converse';
  return { operation, bodyBytes: Number(length) };
}

function reply(socket: Socket, operation: Operation): void {
  switch (operation) {
    case 'converse':
      answered.converse += 1;
      socket.write(CONVERSE_ANSWER);
      return;
    case 'stream':
      answered.stream += 1;
      if (paceMs > 0) paced(socket);
      else socket.write(STREAM_ANSWER);
      return;
    case 'unknown':
      socket.write(NOT_FOUND);
      return;
    case 'unsized':
      socket.end(LENGTH_REQUIRED);
  }
}

/** One frame every `paceMs`, the first at once. A caller that leaves ends it. */
function paced(socket: Socket): void {
  socket.write(STREAM_HEAD);
  let next = 0;
  const timer = setInterval(send, paceMs);
  send();

  function send(): void {
    const chunk = STREAM_CHUNKS[next];
    next += 1;
    if (chunk === undefined || socket.destroyed) {
      clearInterval(timer);
      return;
    }
    socket.write(next < STREAM_CHUNKS.length ? chunk : Buffer.concat([chunk, LAST_CHUNK]));
    if (next === STREAM_CHUNKS.length) clearInterval(timer);
  }
}

function chunked(bytes: Buffer): Buffer {
  const size = Buffer.from(`${bytes.length.toString(16)}\r\n`);
  return Buffer.concat([size, bytes, Buffer.from('\r\n')]);
}

function sized(status: string, body: Buffer): Buffer {
  const head =
    `HTTP/1.1 ${status}\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
    'Connection: keep-alive\r\nx-amzn-RequestId: 6f1c8e0e-0000-4000-8000-00000000b01d\r\n\r\n';
  return Buffer.concat([Buffer.from(head), body]);
}
