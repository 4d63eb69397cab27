/**
 * Access tokens of one client: got with its secret, refreshed before they expire, by one request at
 * a time however many callers wait. When the service refuses the client or asks for patience,
 * callers get that answer again until it is worth asking once more.
 */
import { ApiError, createClient, type Client, type Fetch } from '@tollkeeper/contract';
import { askedMs } from './back-off.ts';
import type { Outside } from './outside.ts';

/** A token is replaced when less than this is left of its life, or a fifth of it. */
const MARGIN_MS = 60_000;
/** How long a refusal of the client's secret is believed: repeating it only counts as an attack. */
const REFUSED_MS = 60_000;

/** The service gives this client no token: its id or secret is wrong, or it asks too often. */
export class NotAuthorised extends Error {
  override readonly name = 'NotAuthorised';
  readonly status: number;
  readonly retryAfter: string | null;

  constructor(clientId: string, refusal: ApiError) {
    super(`No token for the client ${clientId}: ${refusal.message}`, { cause: refusal });
    this.status = refusal.status;
    this.retryAfter = refusal.retryAfter;
  }
}

export interface TokenOptions {
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly fetch: Fetch;
  readonly outside: Outside;
}

interface Held {
  readonly token: string;
  /** On the monotonic clock. */
  readonly until: number;
}

export class TokenSource {
  readonly #options: TokenOptions;
  readonly #api: Client;
  #access: Held | undefined;
  #refresh: Held | undefined;
  #asking: Promise<string> | undefined;
  #refusal: { readonly error: NotAuthorised; readonly until: number } | undefined;

  constructor(options: TokenOptions) {
    this.#options = options;
    this.#api = createClient({ endpoint: options.endpoint, fetch: options.fetch });
  }

  /**
   * A token that is good for a while yet. Rejects with `NotAuthorised`, or with what `fetch`
   * rejects with.
   */
  token(): Promise<string> {
    const now = this.#options.outside.monotonic();
    if (this.#access !== undefined && now < this.#access.until) {
      return Promise.resolve(this.#access.token);
    }
    if (this.#refusal !== undefined && now < this.#refusal.until) {
      return Promise.reject(this.#refusal.error);
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** The service has refused this token: the next one is a new one. */
  drop(token: string): void {
    if (this.#access?.token === token) this.#access = undefined;
  }

  async #ask(): Promise<string> {
    try {
      return (await this.#byRefreshing()) ?? (await this.#bySecret());
    } catch (error) {
      throw error instanceof ApiError ? this.#refused(error) : error;
    }
  }

  /** Undefined when there is no refresh token that the service accepts. */
  async #byRefreshing(): Promise<string | undefined> {
    const { outside } = this.#options;
    const asked = outside.monotonic();
    if (this.#refresh === undefined || asked >= this.#refresh.until) return undefined;
    const body = { grant_type: 'refresh_token', refresh_token: this.#refresh.token };
    try {
      const { access_token, expires_in } = await this.#api.refreshToken({ body });
      return this.#keep(access_token, asked, expires_in);
    } catch (error) {
      // Expired or revoked, perhaps with all that was made from it; the secret may still be good.
      if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 400))
        throw error;
      this.#refresh = undefined;
      return undefined;
    }
  }

  async #bySecret(): Promise<string> {
    const { outside, clientId, clientSecret } = this.#options;
    const asked = outside.monotonic();
    const answer = await this.#api.issueToken({
      body: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
    });
    const { refresh_token, refresh_expires_in } = answer;
    this.#refresh = { token: refresh_token, until: endOf(asked, refresh_expires_in) };
    return this.#keep(answer.access_token, asked, answer.expires_in);
  }

  #keep(token: string, asked: number, secs: number): string {
    this.#access = { token, until: endOf(asked, secs) };
    this.#refusal = undefined;
    return token;
  }

  #refused(answer: ApiError): NotAuthorised {
    const { outside, clientId } = this.#options;
    const error = new NotAuthorised(clientId, answer);
    const asked = askedMs(answer.retryAfter, outside.now());
    const ms = asked ?? (answer.status === 401 || answer.status === 403 ? REFUSED_MS : 0);
    this.#refusal = { error, until: outside.monotonic() + ms };
    return error;
  }
}

/** When a token that was asked for at `asked` is to be replaced. */
function endOf(asked: number, secs: number): number {
  const life = secs * 1000;
  return asked + life - Math.min(MARGIN_MS, life / 5);
}

/** A `fetch` that sends a token, and once more with a new one when the first is refused. */
export function authorised(fetch: Fetch, tokens: TokenSource): Fetch {
  return async (url, init) => {
    const send = (token: string): ReturnType<Fetch> =>
      fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
    const first = await tokens.token();
    const answer = await send(first);
    if (answer.status !== 401) return answer;
    // Read to its end, so that the connection can be used again.
    await answer.text();
    tokens.drop(first);
    return send(await tokens.token());
  };
}
