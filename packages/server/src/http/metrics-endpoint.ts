/** `/metrics` in Prometheus' text format, for whoever holds the provisioning key. */
import type { CredentialAuthority } from '../credentials/authority.ts';
import type { Exchange, Request, Response } from './exchange.ts';
import { NodeExchange } from './node-exchange.ts';

export const METRICS_PATH = '/metrics';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * The handler. The key comes as `x-api-key`, or as bearer token, which is what Prometheus can send.
 */
export function metricsEndpoint(
  authority: CredentialAuthority,
  text: () => Promise<string>,
): (request: Request, response: Response) => void {
  return (request, response) => {
    const exchange = new NodeExchange(request, response);
    const answer = async (): Promise<void> => {
      // Not from memory: nothing after this would notice a key that another process has replaced.
      const who = await authority.resolve(tokenOf(exchange));
      if (who.kind === 'provisioning') send(exchange, 200, await text());
      else send(exchange, 401, 'Send the provisioning key as x-api-key or as bearer token.\n');
    };
    answer().catch(() => send(exchange, 503, 'The metrics cannot be read at the moment.\n'));
  };
}

/** The handler of a port that serves nothing else: whoever can reach it may read. */
export function openMetricsEndpoint(
  text: () => Promise<string>,
): (request: Request, response: Response) => void {
  return (request, response) => {
    const exchange = new NodeExchange(request, response);
    if (request.url !== METRICS_PATH) {
      send(exchange, 404, `This port serves ${METRICS_PATH} alone.\n`);
      return;
    }
    text().then(
      (metrics) => send(exchange, 200, metrics),
      () => send(exchange, 503, 'The metrics cannot be read at the moment.\n'),
    );
  };
}

function tokenOf(exchange: Exchange): string {
  const bearer = /^bearer +(\S+)$/i.exec(exchange.header('authorization') ?? '');
  return exchange.header('x-api-key') ?? bearer?.[1] ?? '';
}

function send(exchange: Exchange, status: number, body: string): void {
  exchange.writeHead(status, ['content-type', TEXT]);
  exchange.end(Buffer.from(body));
}
