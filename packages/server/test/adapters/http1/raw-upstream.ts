/** A server of raw bytes that sees whole requests and answers with whatever a test likes. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface SeenRequest {
  /** Which connection it came on, from 0. */
  readonly connection: number;
  readonly head: string;
  readonly body: string;
  readonly socket: Socket;
}

export type Answer = (request: SeenRequest) => void;

/** A 200 with a length. */
export function okay(body: string, ...headers: string[]): string {
  const lines = headers.map((line) => `${line}\r\n`).join('');
  return `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export class RawUpstream implements AsyncDisposable {
  readonly sockets: Socket[] = [];
  readonly requests: SeenRequest[] = [];
  origin = '';
  readonly #answer: Answer;
  readonly #server: Server;
  readonly #waits: { readonly met: () => boolean; readonly resolve: () => void }[] = [];

  private constructor(answer: Answer, server: Server) {
    this.#answer = answer;
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#accept(socket));
    // Over TLS those are the sockets with the plain bytes.
    server.on('secureConnection', (socket: Socket) => this.#read(socket));
  }

  /** Listens; without `server` on plain TCP. Each whole request is given to `answer`. */
  static async open(answer: Answer, server?: Server): Promise<RawUpstream> {
    const listening = server ?? createServer({ allowHalfOpen: true });
    const upstream = new RawUpstream(answer, listening);
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const { port } = listening.address() as AddressInfo;
    upstream.origin = `http://127.0.0.1:${port}`;
    if (server === undefined)
      listening.on('connection', (socket: Socket) => upstream.#read(socket));
    return upstream;
  }

  /** Resolves when so many requests have come. */
  async asked(count: number): Promise<void> {
    await this.#until(() => this.requests.length >= count);
  }

  /** Resolves when so many connections were made. */
  async connected(count: number): Promise<void> {
    await this.#until(() => this.sockets.length >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    this.sockets.push(socket);
    this.#changed();
  }

  #read(socket: Socket): void {
    socket.on('error', () => undefined);
    const connection = this.sockets.length - 1;
    let parts: Buffer[] = [];
    let size = 0;
    let wanted = 1;
    socket.on('end', () => socket.end());
    socket.on('data', (bytes: Buffer) => {
      parts.push(bytes);
      size += bytes.length;
      // Only looked at when a whole request may have come: large ones come in many pieces.
      while (size >= wanted) {
        const held = Buffer.concat(parts);
        const end = held.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = held.toString('latin1', 0, end);
        const length = Number(/content-length: (\d+)/.exec(head)?.[1]);
        wanted = end + 4 + length;
        parts = [held];
        if (size < wanted) return;
        const body = held.toString('latin1', end + 4, wanted);
        parts = [held.subarray(wanted)];
        size -= wanted;
        wanted = 1;
        const request = { connection, head, body, socket };
        this.requests.push(request);
        this.#answer(request);
        this.#changed();
      }
    });
  }

  #until(met: () => boolean): Promise<void> {
    if (met()) return Promise.resolve();
    return new Promise((resolve) => this.#waits.push({ met, resolve }));
  }

  #changed(): void {
    for (const { met, resolve } of this.#waits) if (met()) resolve();
  }
}
