/**
 * One port for HTTP/1.1 and HTTP/2 cleartext with prior knowledge: the first bytes of a connection
 * tell them apart. No timeouts: calls may take as long as they like, and idle connections stay
 * open, so that a client's pool never races with a close.
 */
import { createServer as createHttp1 } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Exchange } from './exchange.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n');
const LOOPBACK = '127.0.0.1';
const STREAMS_PER_CONNECTION = 10_000;
const BACKLOG = 4096;

/** A server that listens. */
export interface Listener {
  readonly port: number;
  /** Breaks every connection and stops listening. */
  close(): Promise<void>;
}

/** Listens on loopback; port 0 chooses a free one. Rejects when the port is taken. */
export async function listen(
  port: number,
  handle: (exchange: Exchange) => void,
): Promise<Listener> {
  const http1 = createHttp1(
    { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 },
    (request, answer) => handle(new Exchange(request, answer)),
  );
  const http2 = createHttp2(
    { settings: { maxConcurrentStreams: STREAMS_PER_CONNECTION } },
    (request, answer) => handle(new Exchange(request, answer)),
  );
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    sniff(socket, (isHttp2) => {
      if (isHttp2) http2.emit('connection', socket);
      else http1.emit('connection', socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: LOOPBACK, backlog: BACKLOG }, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      http1.close();
      http2.close();
      return closed;
    },
  };
}

/** Reads as much as is needed to tell the versions apart, then puts it back. */
function sniff(socket: Socket, then: (isHttp2: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const look = (): void => {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, PREFACE.length);
    const same = seen.compare(PREFACE, 0, length, 0, length) === 0;
    if (same && length < PREFACE.length) {
      if (socket.readableEnded) socket.destroy();
      else socket.once('readable', look);
      return;
    }
    socket.unshift(seen);
    then(same);
  };
  socket.once('readable', look);
}
