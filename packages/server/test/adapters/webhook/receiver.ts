/** A real HTTP server that takes messages, for tests; it answers what it is told to. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly port: number;
  readonly url: string;
  readonly received: Received[];
  /** What the next requests are answered with, one each; then 204. `never`: nothing at all. */
  readonly answers: (number | 'never')[];
  /** Headers of every answer. */
  readonly headers: Record<string, string>;
  /** Resolves when so many requests have come in altogether. */
  until(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Listens on loopback, on any free port unless one is given. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const answers: (number | 'never')[] = [];
  const headers: Record<string, string> = {};
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      const { method = '', url: path = '' } = request;
      received.push({ method, path, headers: request.headers, body });
      const answer = answers.shift() ?? 204;
      if (answer !== 'never') response.writeHead(answer, headers).end();
      for (const { count, resolve } of waiting) if (received.length >= count) resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}/hook`,
    received,
    answers,
    headers,
    until: (count) =>
      received.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ count, resolve })),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
