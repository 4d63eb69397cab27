/**
 * What lives as long as a simulator, put together once and handed to every call.
 */
import type { Account } from './account/account.ts';
import type { Callers } from './auth/authenticate.ts';
import type { Book } from './book.ts';
import type { FaultMix } from './fault/mix.ts';
import type { Script } from './fault/script.ts';
import type { PromptCache } from './generate/prompt-cache.ts';
import type { RunSettings } from './settings.ts';

/** One simulator from the inside. */
export interface Run {
  settings: RunSettings;
  mix: FaultMix;
  /** The script of `settings.fault`. */
  fault: Script;
  readonly callers: Omit<Callers, 'nowMs' | 'skewMs'>;
  readonly cache: PromptCache;
  readonly book: Book;
  readonly account: Account;
  /** How often each operation of the control plane was called. */
  readonly lookups: Map<string, number>;
}
