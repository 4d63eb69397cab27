/**
 * The bare relay that the gateway is compared with: `node:http` in front, an `undici` pool
 * behind, bodies piped both ways as they come. It parses nothing, signs nothing and passes the
 * bearer through. Nothing in it is slow on purpose: keep-alive on both sides, no limit of its own
 * on connections, and `Pool.stream`, which pipes an answer with the least machinery of undici's
 * interfaces.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { announce } from './child.ts';

const { values } = parseArgs({ options: { upstream: { type: 'string' } } });
if (values.upstream === undefined) throw new Error('relay needs --upstream URL');
const pool = new Pool(values.upstream, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });

/** Headers that belong to one connection and are never relayed (RFC 9110, 7.6.1), and the host. */
const CONNECTION_HEADERS = new Set([
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
]);

const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
  relay(request, response).catch((error: unknown) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(String(error));
  });
});
server.listen(0, '127.0.0.1', 4096, () => announce(server));

async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await pool.stream(
    {
      path: request.url ?? '/',
      method: 'POST',
      headers: passedOn(request.headers),
      body: request,
    },
    ({ statusCode, headers }) => response.writeHead(statusCode, passedOn(headers)),
  );
}

function passedOn(
  headers: Record<string, string | string[] | undefined>,
): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !CONNECTION_HEADERS.has(name)) kept[name] = value;
  }
  return kept;
}
