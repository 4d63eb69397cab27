/** The upstream over pooled HTTP/1.1 connections with undici. */
import { Pool, errors, type Dispatcher } from 'undici';
import { NO_CREDENTIALS } from '../../ports/upstream.ts';
import type {
  Upstream,
  UpstreamFailure,
  UpstreamObserver,
  UpstreamRequest,
} from '../../ports/upstream.ts';
import type { Authorizer } from './authorizer.ts';

export interface UndiciUpstreamOptions {
  /** Scheme, host and port; no path. */
  readonly origin: string;
  readonly authorizer: Authorizer;
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/**
 * How long an idle connection is kept. Short, so that one the peer is about to close is rarely
 * used.
 */
const KEEP_ALIVE_MS = 4_000;

/** Opens the pool. Connections are made when they are needed. */
export function undiciUpstream(options: UndiciUpstreamOptions): Upstream {
  const pool = new Pool(options.origin, {
    connections: options.connectionsMax,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    connect: { timeout: options.connectTimeoutMs },
  });
  const { authorizer } = options;
  return {
    send(request, observer) {
      const authorized = authorizer.authorize(request);
      if (!(authorized instanceof Promise)) {
        dispatch(pool, request, authorized, observer);
        return;
      }
      authorized.then(
        (headers) => dispatch(pool, request, headers, observer),
        () => observer.failed({ kind: 'not_sent', reason: NO_CREDENTIALS }),
      );
    },
    close: () => pool.destroy(),
  };
}

function dispatch(
  pool: Pool,
  request: UpstreamRequest,
  headers: Record<string, string>,
  observer: UpstreamObserver,
): void {
  pool.dispatch(
    { method: 'POST', path: request.path, headers, body: request.body },
    observed(observer),
  );
}

function observed(observer: UpstreamObserver): Dispatcher.DispatchHandler {
  let sent = false;
  let over = false;
  const fail = (failure: UpstreamFailure): void => {
    if (over) return;
    over = true;
    observer.failed(failure);
  };
  return {
    onRequestStart(controller) {
      sent = true;
      observer.sent(() => controller.abort(new errors.RequestAbortedError()));
    },
    onRequestSent() {
      observer.written();
    },
    onResponseStart(controller, status) {
      observer.head({
        status,
        rawHeaders: rawStrings(controller.rawHeaders),
        pause: () => controller.pause(),
        resume: () => controller.resume(),
      });
    },
    onResponseData(_controller, chunk) {
      observer.data(chunk);
    },
    onResponseEnd() {
      if (over) return;
      over = true;
      observer.end();
    },
    onResponseError(_controller, error) {
      fail({ kind: sent ? 'broken' : 'not_sent', reason: reasonOf(error) });
    },
  };
}

function rawStrings(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((part: Buffer | string) =>
    typeof part === 'string' ? part : part.toString('latin1'),
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const code = (error as NodeJS.ErrnoException).code;
  return code === undefined ? error.name : code;
}
