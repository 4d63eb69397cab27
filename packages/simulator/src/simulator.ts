/**
 * Starting and stopping a simulator: the parts that live as long as it does, put together and
 * listening.
 */
import { Account } from './account/account.ts';
import { DEFAULT_FIXTURES, type Fixtures } from './account/fixtures.ts';
import type { Credentials } from './auth/sigv4.ts';
import { Book } from './book.ts';
import { serveCall } from './call.ts';
import { applySettings, CONTROL_PREFIX, serveControl } from './control.ts';
import { FaultMix } from './fault/mix.ts';
import { EMPTY_SCRIPT } from './fault/script.ts';
import { PromptCache } from './generate/prompt-cache.ts';
import { listen } from './http/listen.ts';
import type { JsonObject } from './model/json.ts';
import type { Run } from './run.ts';
import { changeSettings, DEFAULT_SETTINGS, type RunSettings } from './settings.ts';

/** The access key that a simulator accepts when it is given none. */
export const DEFAULT_CREDENTIALS: Credentials = {
  accessKeyId: 'AKIDSIMULATOR00000000',
  secretAccessKey: 'simulator-secret-access-key-0000000000000',
};

/** The Bedrock API key that a simulator accepts when it is given none. */
export const DEFAULT_BEARER_TOKEN = 'simulator-bedrock-api-key';

/** How a simulator is started. Everything may be left out. */
export interface SimulatorOptions {
  /** 0, the default, chooses a free port. */
  readonly port?: number;
  readonly credentials?: readonly Credentials[];
  readonly bearerTokens?: readonly string[];
  /** The only region that signatures may be scoped to; any by default. */
  readonly region?: string | null;
  readonly settings?: Partial<RunSettings>;
  /** What the account owns; `DEFAULT_FIXTURES` when left out. */
  readonly fixtures?: Fixtures;
  /** Rows that the book keeps; the oldest go first. */
  readonly bookCallsMax?: number;
}

/** A running simulator. */
export interface Simulator {
  readonly url: string;
  readonly port: number;
  /** Breaks every connection and stops. */
  close(): Promise<void>;
}

const BOOK_CALLS_MAX = 1_000_000;

/** Starts a simulator on 127.0.0.1. Rejects when the port is taken or a setting is impossible. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const run: Run = {
    settings: DEFAULT_SETTINGS,
    mix: new FaultMix(0, DEFAULT_SETTINGS.fault_mix, DEFAULT_SETTINGS.seed),
    fault: EMPTY_SCRIPT,
    callers: {
      credentials: options.credentials ?? [DEFAULT_CREDENTIALS],
      bearerTokens: new Set(options.bearerTokens ?? [DEFAULT_BEARER_TOKEN]),
      region: options.region ?? null,
    },
    cache: new PromptCache(),
    book: new Book(options.bookCallsMax ?? BOOK_CALLS_MAX),
    account: new Account(options.fixtures ?? DEFAULT_FIXTURES, () => run.settings),
    lookups: new Map(),
  };
  const changes: JsonObject = { ...options.settings };
  applySettings(run, changeSettings(DEFAULT_SETTINGS, changes));
  const listener = await listen(options.port ?? 0, (exchange) => {
    if (exchange.target.startsWith(CONTROL_PREFIX)) void serveControl(run, exchange);
    else void serveCall(run, exchange);
  });
  return {
    url: `http://127.0.0.1:${listener.port}`,
    port: listener.port,
    close: () => listener.close(),
  };
}
