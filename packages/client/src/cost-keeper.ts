/**
 * The client of the cost keeper: asks which model to use, and reports what was used so that neither
 * a crash of the program nor an absence of the service loses anything.
 */
import { createClient, type Client, type ClientOptions, type Fetch } from '@tollkeeper/contract';
import { systemOutside } from './adapters/system.ts';
import { Deliverer } from './deliverer.ts';
import { boundsOf, type CostKeeperOptions } from './options.ts';
import type { Outside } from './outside.ts';
import { warn } from './problem.ts';
import { submissionOf, type Place, type UsageReport } from './reports.ts';
import { Selections, type Selection } from './selection.ts';
import { Spool } from './spool/spool.ts';
import { authorised, TokenSource } from './tokens.ts';

const CLOSE_MS = 5000;

/** How the background is doing. */
export interface KeeperStatus {
  /** Reports on disk that the service does not have yet. */
  readonly pending: number;
  /** Bytes that they take; those of delivered ones count until their file is removed. */
  readonly spoolBytes: number;
  /** Why the last attempt to deliver failed; null when it did not. */
  readonly problem: string | null;
  /** Where refused reports are kept. */
  readonly deadLetterFile: string;
}

/** One application's client. Use one for a whole process, and `close` it at the end. */
export class CostKeeper {
  /**
   * All operations of the API, with this client's token: `aggregates` and what else it may do.
   */
  readonly api: Client;
  readonly #place: Place;
  readonly #outside: Outside;
  readonly #spool: Spool;
  readonly #selections: Selections;
  readonly #deliverer: Deliverer;
  readonly #ending = new AbortController();
  #closing: Promise<{ readonly left: number }> | undefined;

  /**
   * Takes the spool directory and begins to deliver what an earlier process left there. Throws a
   * `RangeError` for options that make no sense, `SpoolInUse` when another client has the spool.
   */
  constructor(options: CostKeeperOptions, outside: Outside = systemOutside()) {
    const bounds = boundsOf(options);
    const { endpoint, clientId, clientSecret, onProblem = warn } = options;
    this.#outside = outside;
    this.#place = { org_id: options.orgId, app_id: options.appId };
    const plain = outside.fetchWithin(bounds.requestMs, this.#ending.signal);
    const tokens = new TokenSource({ endpoint, clientId, clientSecret, fetch: plain, outside });
    const fetch: Fetch = authorised(plain, tokens);
    const api: ClientOptions = { endpoint, fetch };
    this.api = createClient(api);
    this.#selections = new Selections({
      api,
      place: this.#place,
      outside,
      staleSecsMax: bounds.staleSelectionSecs,
    });
    const { spoolBytesMax: bytesMax, deadLetterBytesMax } = bounds;
    this.#spool = new Spool(options.spoolDir, { bytesMax, deadLetterBytesMax });
    this.#deliverer = new Deliverer({
      spool: this.#spool,
      send: (requests) =>
        this.api.submitUsageBatch({ params: this.#place, body: { requests: [...requests] } }),
      outside,
      onProblem,
      batchMax: bounds.batchMax,
      lingerMs: bounds.lingerMs,
    });
  }

  /**
   * Which model to use now. The service is asked at most as often as it wishes; `fresh` asks it
   * whatever is known. Rejects with `QuotasSpent` when there is none to use, with `ApiError`,
   * `NotAuthorised`, or what `fetch` rejects with.
   */
  selectModel({ fresh = false }: { readonly fresh?: boolean } = {}): Promise<Selection> {
    return this.#selections.current(fresh);
  }

  /**
   * Resolves with the request id once the report is on disk: from then on it reaches the service,
   * once, whatever happens to this process. Rejects with `InvalidReport`, `SpoolFull` or
   * `SpoolFailed`; nothing was kept then, and the same report may be made again.
   */
  async report(usage: UsageReport): Promise<string> {
    const submission = submissionOf(usage, this.#place, this.#outside);
    await this.#spool.append(submission);
    this.#deliverer.poke();
    return submission.request_id;
  }

  /** Delivers at once what waits. True once nothing is left, false after `withinMs`. */
  flush(withinMs: number = CLOSE_MS): Promise<boolean> {
    return this.#deliverer.flush(withinMs);
  }

  status(): KeeperStatus {
    const { pending, bytes, deadLetterFile } = this.#spool;
    return { pending, spoolBytes: bytes, problem: this.#deliverer.problem, deadLetterFile };
  }

  /**
   * Takes no more reports, delivers for at most `withinMs`, and gives the directory back.
   * `left` reports stay on disk for the next client of the directory.
   */
  close({ withinMs = CLOSE_MS }: { readonly withinMs?: number } = {}): Promise<{
    readonly left: number;
  }> {
    this.#closing ??= this.#close(withinMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(withinMs: number): Promise<{ readonly left: number }> {
    await this.#spool.seal();
    await this.#deliverer.flush(withinMs);
    this.#ending.abort();
    await this.#deliverer.stop();
    await this.#spool.close();
    return { left: this.#spool.pending };
  }
}
