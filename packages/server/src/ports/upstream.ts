/**
 * The upstream as a port: sends one request and tells an observer what happens, in order. It never
 * retries, never follows redirects and never decompresses: one `send` is at most one attempt.
 */

export interface UpstreamRequest {
  /** Absent: POST, as every operation of the runtime. */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Path as it goes on the wire; the same bytes are signed. */
  readonly path: string;
  /** Lower-case names. Neither host, authorization nor content-length: the adapter adds those. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Flow control of a running reply. */
export interface UpstreamReply {
  readonly status: number;
  /** Name, value, name, value ... as received, hop-by-hop headers included. */
  readonly rawHeaders: readonly string[];
  pause(): void;
  resume(): void;
}

/**
 * `not_sent`: it is certain that no byte of the request left (no connection, no credentials).
 * `broken`: bytes may have left, and the reply did not end as it should.
 */
export interface UpstreamFailure {
  readonly kind: 'not_sent' | 'broken';
  readonly reason: string;
}

/** The reason of a failure when there is nothing to authorise a request with. */
export const NO_CREDENTIALS = 'no_credentials';

/**
 * Told in this order: `sent`? `written`? then `head`? then `data`* then exactly one of `end` and
 * `failed`.
 */
export interface UpstreamObserver {
  /** The request is about to be written to a connection; from now on it can be given up. */
  sent(abort: () => void): void;
  /** The whole request was handed to the connection. */
  written(): void;
  head(reply: UpstreamReply): void;
  data(chunk: Uint8Array): void;
  end(): void;
  failed(failure: UpstreamFailure): void;
}

export interface Upstream {
  /** Never throws; every outcome goes to the observer. */
  send(request: UpstreamRequest, observer: UpstreamObserver): void;
  close(): Promise<void>;
}

/** Adds what authorises a request. A plain value when nothing has to be waited for. */
export interface Authorizer {
  authorize(request: UpstreamRequest): Record<string, string> | Promise<Record<string, string>>;
}
