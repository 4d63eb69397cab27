/**
 * One port for HTTP/1.1 and for HTTP/2 with prior knowledge (RFC 9113, section 3.3): the first
 * bytes of a connection tell which. The AWS SDK for JavaScript speaks HTTP/2 to plain `http://`
 * endpoints and has no fallback; everything else speaks HTTP/1.1.
 */
import { createServer as createHttp1, type Server as Http1Server } from 'node:http';
import { createServer as createHttp2, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { createServer as createTls } from 'node:tls';
import { createServer as createNet, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Request, Response } from './exchange.ts';
import { PlainConnection } from './plain-connection.ts';
import { KEEP_ALIVE_SECONDS, type PlainExchange } from './plain-exchange.ts';

/** Bounds of the listening side. Times in milliseconds. */
export interface ListenerLimits {
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly streamsMax: number;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting; running exchanges go on. Resolves when every connection has ended. */
  close(): Promise<void>;
  /** Ends every HTTP/1.1 connection once the client has what was answered so far. */
  finish(): void;
  /** Ends what is still open, sent or not. */
  destroy(): void;
}

/** The first line of the HTTP/2 connection preface; no HTTP/1.1 request can start like this. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const KEEP_ALIVE_MS = KEEP_ALIVE_SECONDS * 1_000;
const CONNECTIONS_CHECK_MS = 2_000;
const H2_WINDOW_BYTES = 1024 * 1024;
/**
 * What is still read of a connection that was told that it speaks no HTTP, and how long at most.
 */
const LINGER_MS = 2_000;
const LINGER_BYTES_MAX = 16 * 1024 * 1024;
const LINGER_CHUNKS_MAX = 1_000;
/** Connections that have had their last answer, with what had come until then. */
const ANSWERED = new WeakMap<Socket, { chunks: number; readonly bytesRead: number }>();

/** Takes the plain requests that Node need not read, and tells the time for their answers. */
export interface PlainRequests {
  readonly handle: (exchange: PlainExchange) => void;
  readonly date: () => string;
}

/** Certificate (with its chain) and private key of the listener, as PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Listens and hands every exchange of either protocol to `handle`, or to `plain` where it can. */
export async function listen(
  at: { host: string; port: number },
  limits: ListenerLimits,
  handle: (request: Request, response: Response) => void,
  plain?: PlainRequests,
  tls?: TlsFiles,
): Promise<Listener> {
  const http1 = http1Server(limits, handle);
  const http2 = http2Server(limits, handle);
  const sockets = new Set<Socket>();
  const underTls = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const http1Sockets = new WeakSet<Socket>();
  const plainConnections = new Set<PlainConnection>();
  http1.on('connection', (socket) => http1Sockets.add(socket));
  http2.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    endWhenIdle(session, limits.headersTimeoutMs);
  });
  const server = serverOf(tls, limits.headersTimeoutMs, underTls, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    sniff(socket, limits.headersTimeoutMs, (bytes, isHttp2) => {
      if (isHttp2) give(socket, bytes, http2);
      else if (plain === undefined) give(socket, bytes, http1);
      else startPlain(socket, bytes, plain);
    });
  });
  const startPlain = (socket: Socket, bytes: Buffer, { handle: serve, date }: PlainRequests) => {
    const connection = new PlainConnection(socket, {
      headerBytesMax: limits.headerBytesMax,
      handle: serve,
      date,
      handOver: (given, rest) => {
        plainConnections.delete(connection);
        give(given, rest, http1);
      },
    });
    http1Sockets.add(socket);
    plainConnections.add(connection);
    socket.once('close', () => plainConnections.delete(connection));
    socket.resume();
    connection.start(bytes);
  };
  server.maxConnections = limits.connectionsMax;
  await started(server, at);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const connection of plainConnections) connection.close();
      return closeGracefully(server, http1, sessions, sockets);
    },
    finish: () => {
      for (const socket of sockets) if (http1Sockets.has(socket)) socket.destroySoon();
    },
    destroy: () => {
      for (const socket of [...sockets, ...underTls]) socket.destroy();
    },
  };
}

function http1Server(
  limits: ListenerLimits,
  handle: (request: Request, response: Response) => void,
): Http1Server {
  const server = createHttp1(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      // Receiving a request is bounded; answering it is not: a model may take an hour.
      requestTimeout: limits.bodyTimeoutMs,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveTimeoutBuffer: 1_000,
    },
    handle,
  );
  server.timeout = 0;
  // A client that has sent its request and half-closes still gets its answer.
  (server as Http1Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
  server.on('clientError', answerBadRequest);
  server.on('connect', (_request, socket) => endWith(socket as Socket, NO_TUNNEL));
  // Node enforces the two timeouts above, and knows idle connections, only of a server that
  // listens; this one is handed its connections.
  server.emit('listening');
  return server;
}

function http2Server(
  limits: ListenerLimits,
  handle: (request: Request, response: Response) => void,
): Http2Server {
  const server = createHttp2(
    {
      maxHeaderListPairs: 200,
      maxSendHeaderBlockLength: limits.headerBytesMax,
      settings: {
        maxConcurrentStreams: Math.min(limits.streamsMax, 1_000),
        maxHeaderListSize: limits.headerBytesMax,
        initialWindowSize: H2_WINDOW_BYTES,
      },
    },
    handle,
  );
  server.on('sessionError', () => undefined);
  return server;
}

/**
 * Ends a session that asks for nothing: at first for as long as headers may take, later for as long
 * as a connection is kept. Node bounds this over HTTP/1.1 only. Running exchanges are never cut.
 */
function endWhenIdle(session: ServerHttp2Session, firstRequestMs: number): void {
  let running = 0;
  session.setTimeout(firstRequestMs);
  session.on('timeout', () => {
    if (running === 0) session.destroy();
  });
  session.on('stream', (stream) => {
    running += 1;
    stream.once('close', () => {
      running -= 1;
      if (!session.destroyed) session.setTimeout(KEEP_ALIVE_MS);
    });
  });
}

/**
 * Answers what is not HTTP, in words that an HTTP client can show; then the connection ends. What
 * still comes is thrown away for a moment: a connection closed with unread bytes is reset, and the
 * client would lose the answer.
 */
function answerBadRequest(error: NodeJS.ErrnoException, duplex: NodeJS.WritableStream): void {
  const socket = duplex as Socket;
  const answered = ANSWERED.get(socket);
  if (answered !== undefined) {
    // Node reports every further chunk as one more error.
    answered.chunks += 1;
    const bytes = socket.bytesRead - answered.bytesRead;
    if (answered.chunks > LINGER_CHUNKS_MAX || bytes > LINGER_BYTES_MAX) socket.destroy();
    return;
  }
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  endWith(socket, badRequestAnswer(error.code));
}

/** Status line, error name and message of an answer that no handler gives. */
type LastAnswer = readonly [status: string, name: string, message: string];

const NO_TUNNEL: LastAnswer = [
  '405 Method Not Allowed',
  'UnknownOperationException',
  'This is a gateway to models, not a proxy: it opens no tunnels.',
];

function endWith(socket: Socket, [status, name, message]: LastAnswer): void {
  ANSWERED.set(socket, { chunks: 0, bytesRead: socket.bytesRead });
  const body = JSON.stringify({ message });
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `x-amzn-errortype: ${name}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}

function badRequestAnswer(code: string | undefined): LastAnswer {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [
        '431 Request Header Fields Too Large',
        'ValidationException',
        'The request headers are larger than this gateway accepts. Send fewer or shorter headers.',
      ];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [
        '408 Request Timeout',
        'RequestTimeoutException',
        'The request did not arrive in time. Send headers and body without pauses.',
      ];
    default:
      return ['400 Bad Request', 'ValidationException', 'The bytes received are no HTTP request.'];
  }
}

/** Reads until it is certain which protocol the client speaks. What was read goes to `then`. */
function sniff(
  socket: Socket,
  timeoutMs: number,
  then: (bytes: Buffer, isHttp2: boolean) => void,
): void {
  let seen: Buffer = Buffer.alloc(0);
  const giveUp = (): void => void socket.destroy();
  socket.setTimeout(timeoutMs, giveUp);
  socket.on('error', giveUp);
  const onReadable = (): void => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, PREFACE.length);
    const mayBeHttp2 = seen.compare(PREFACE, 0, length, 0, length) === 0;
    if (mayBeHttp2 && seen.length < PREFACE.length) return;
    socket.off('readable', onReadable);
    socket.off('end', giveUp);
    socket.off('error', giveUp);
    socket.setTimeout(0);
    socket.off('timeout', giveUp);
    // HTTP/2 has no half-closed connections: who ends one has left, and must be noticed.
    socket.allowHalfOpen = !mayBeHttp2;
    then(seen, mayBeHttp2);
  };
  socket.on('readable', onReadable);
  socket.on('end', giveUp);
}

/** Gives a connection to one of Node's servers, which then reads these bytes first. */
function give(socket: Socket, bytes: Buffer, server: Http1Server | Http2Server): void {
  socket.unshift(bytes);
  server.emit('connection', socket);
  // Neither leaving `readable` mode nor a pause ends by itself.
  if (socket.allowHalfOpen) socket.resume();
}

/** Connections with or without TLS. With it, the client chooses HTTP/2 or HTTP/1.1 by ALPN. */
function serverOf(
  tls: TlsFiles | undefined,
  handshakeTimeout: number,
  underTls: Set<Socket>,
  onConnection: (socket: Socket) => void,
): Server {
  const options = { allowHalfOpen: true, noDelay: true };
  if (tls === undefined) return createNet(options, onConnection);
  const ALPNProtocols = ['h2', 'http/1.1'];
  const server = createTls({ ...options, ...tls, ALPNProtocols, handshakeTimeout }, onConnection);
  // Until its handshake is done, a connection is known by what is under it only.
  server.on('connection', (socket: Socket) => {
    underTls.add(socket);
    socket.once('close', () => underTls.delete(socket));
  });
  return server;
}

function started(server: Server, at: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...at, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function closeGracefully(
  server: Server,
  http1: Http1Server,
  sessions: ReadonlySet<ServerHttp2Session>,
  sockets: ReadonlySet<Socket>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const session of sessions) session.close();
  // What has been answered counts as idle for Node, though its client may not have all of it yet:
  // then idle ones are left to `finish`.
  const sending = [...sockets].some((socket) => socket.writableLength > 0);
  if (!sending) http1.closeIdleConnections();
  // Connections on which no request was ever started belong to neither server yet.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  await closed;
}
