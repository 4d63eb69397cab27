/**
 * Lets pages of other origins call the doors from a browser. A page sends its token in a header,
 * never a cookie, so that credentials of the browser are not asked for.
 */
import { rawHeader, type Request, type Response } from './exchange.ts';

/** What pages may send and read. `apikey` and `x-client-info` are of browser clients. */
const ALLOWED_HEADERS =
  'authorization, auth, content-type, apikey, x-api-key, x-client-info, x-amz-date, ' +
  'x-amz-security-token, traceparent';
const EXPOSED_HEADERS = 'x-tollkeeper-request-id, x-amzn-requestid, x-amzn-errortype, retry-after';
const MAX_AGE_SECONDS = '600';

/** Paths outside the doors that pages called of the systems behind them. */
const BROWSER_PATHS: ReadonlySet<string> = new Set([
  '/cost_track_manual',
  '/ddb_cost_retrieval',
  '/functions/v1/super-action',
]);

/** Answers what a browser asks beforehand, and marks the answers that a page may read. */
export class CrossOrigin {
  readonly #any: boolean;
  readonly #origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.#any = origins.includes('*');
    this.#origins = new Set(origins);
  }

  /** Whether any origin is let in at all. */
  get on(): boolean {
    return this.#any || this.#origins.size > 0;
  }

  /**
   * True: the request was a question beforehand, and is answered. `isDoor` says whether the target
   * is a door's; only doors and the other paths of those systems are opened to pages.
   */
  answers(request: Request, response: Response, target: string, isDoor: boolean): boolean {
    if (!this.on || !(isDoor || BROWSER_PATHS.has(pathOf(target)))) return false;
    const origin = rawHeader(request.rawHeaders, 'origin');
    if (!this.#any) response.setHeader('vary', 'origin');
    const allowed = this.#allowed(origin);
    if (allowed === undefined) return false;
    response.setHeader('access-control-allow-origin', allowed);
    if (request.method !== 'OPTIONS') {
      response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
      return false;
    }
    response.setHeader('access-control-allow-methods', 'POST, OPTIONS');
    response.setHeader('access-control-allow-headers', ALLOWED_HEADERS);
    response.setHeader('access-control-max-age', MAX_AGE_SECONDS);
    response.setHeader('content-length', '0');
    response.statusCode = 204;
    response.end();
    return true;
  }

  #allowed(origin: string | undefined): string | undefined {
    if (origin === undefined) return undefined;
    if (this.#any) return '*';
    return this.#origins.has(origin) ? origin : undefined;
  }
}

function pathOf(target: string): string {
  const queryAt = target.indexOf('?');
  return queryAt === -1 ? target : target.slice(0, queryAt);
}
