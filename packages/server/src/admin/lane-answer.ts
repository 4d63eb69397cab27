/** The answer of a lane, without the framework: headers as they gather, then all of it. */
import type { Exchange } from '../http/exchange.ts';
import type { AdminDependencies } from './dependencies.ts';
import { errorAnswer } from './error-answer.ts';

export class LaneAnswer {
  /** By lower-case name; what is set later stands. */
  readonly headers: Record<string, string>;
  readonly requestId: string;
  readonly #deps: Pick<AdminDependencies, 'clock' | 'ids' | 'log'>;
  readonly #exchange: Exchange;

  constructor(deps: Pick<AdminDependencies, 'clock' | 'ids' | 'log'>, exchange: Exchange) {
    this.#deps = deps;
    this.#exchange = exchange;
    this.requestId = deps.ids.uuid();
    this.headers = {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': this.requestId,
    };
  }

  /** Ends the exchange, unless the client has gone. No body: none is sent, nor its type told. */
  send(status: number, body?: unknown): void {
    const exchange = this.#exchange;
    if (exchange.gone || exchange.headSent) return;
    if (body === undefined) delete this.headers['content-type'];
    exchange.writeHead(status, Object.entries(this.headers).flat());
    exchange.end(body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
  }

  /** Ends the exchange with what anything that was thrown is answered with. */
  fail(error: unknown): void {
    const { status, code, headers, body } = errorAnswer(this.#deps, error, this.requestId);
    if (code === 'UNAUTHORIZED') this.headers['www-authenticate'] = 'Bearer';
    Object.assign(this.headers, headers);
    this.send(status, body);
  }
}
