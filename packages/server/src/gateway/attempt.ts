/** One attempt: a call that was resolved to a model, with all that its entry will say of it. */
import type { Amounts, Bound, Intent, ModelFacts, PriceBook, PriceScope } from '@tollkeeper/core';
import type { Caller } from '../credentials/authority.ts';
import type { Call } from './call.ts';
import type { OperationName } from './wire/reading.ts';

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
  readonly model: ModelFacts;
  /** The model as the caller named it, without an ARN around it; entries and budgets name it so. */
  readonly modelId: string;
  readonly scope: PriceScope;
  /** Tier asked for, in the words of the price book. */
  readonly tier: string;
  readonly userId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** For estimates, when a stream breaks before the upstream has told: a quarter token a byte. */
  readonly inputTokensEstimate: number;
  /** The prices that counted when the call was resolved: its charge comes from the same version. */
  readonly book: PriceBook;
  readonly priced: 'yes' | 'no';
  readonly amounts: Amounts;
  /** Absent when there is no price to bound by. */
  readonly bound: Extract<Bound, { kind: 'bounded' }> | null;
}

/** An admitted attempt: its hold and its intent are durable. */
export interface Attempt extends Target {
  readonly attemptId: string;
  readonly intent: Intent;
}
