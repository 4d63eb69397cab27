/** One attempt: a call that was resolved to a model, with all that its entry will say of it. */
import type { Amounts, Bound, Intent, ModelFacts, PriceBook, PriceScope } from '@tollkeeper/core';
import type { Caller } from '../credentials/authority.ts';
import type { Call } from './call.ts';
import type { Billing } from './name-model.ts';
import type { OperationName, UnitsAsked } from './wire/reading.ts';

/** What a call was resolved to; nothing is held yet. */
export interface Target {
  readonly kind: 'resolved';
  readonly call: Call;
  readonly caller: Caller;
  readonly revision: number;
  readonly body: Buffer;
  /** AWS's name of the operation, such as `ConverseStream`. */
  readonly operationName: OperationName;
  readonly streamed: boolean;
  /** How it is charged; `guardrail` in units alone, `nothing` not at all. */
  readonly bills: Billing | 'guardrail' | 'nothing';
  readonly model: ModelFacts;
  /** The model as the caller named it, without an ARN around it; entries and budgets name it so. */
  readonly modelId: string;
  /** The label whose quota it counts on, or null. */
  readonly label: string | null;
  /** Why the label is not the first of those that were asked for; null: it is, or none was. */
  readonly fallback: string | null;
  /** Chosen before dispatch; the key of the ledger's entry. */
  readonly attemptId: string;
  /** Path rebuilt for the model: the only thing that is sent upstream. */
  readonly forwardPath: string;
  readonly scope: PriceScope;
  /** Tier asked for, in the words of the price book. */
  readonly tier: string;
  readonly userId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** For estimates, when a stream breaks before the upstream has told: a quarter token a byte. */
  readonly inputTokensEstimate: number;
  /** Units that the reply will be billed for and may not state. */
  readonly asked: UnitsAsked | undefined;
  /** Whether the request asks for cache writes that are kept for an hour. */
  readonly writesCache1h: boolean;
  /** Whether the request asks for a guardrail beside the model. */
  readonly guarded: boolean;
  /** The prices that counted when the call was resolved: its charge comes from the same version. */
  readonly book: PriceBook;
  /**
   * The moment whose prices count: that of the hold, so that a dearer day which begins while the
   * call waits for its turn never makes the charge more than was held. Milliseconds, UTC.
   */
  readonly pricedAt: number;
  readonly priced: 'yes' | 'no';
  readonly amounts: Amounts;
  /** Null when there is no price to bound by, or nothing to pay. */
  readonly bound: Extract<Bound, { kind: 'bounded' }> | null;
}

/** An admitted attempt: its hold and its intent are durable. */
export interface Attempt extends Target {
  readonly intent: Intent;
}
