/** One call as it moves through the steps, and the form in which a step refuses it. */
import type { Caller } from '../credentials/authority.ts';
import type { Exchange } from '../http/exchange.ts';
import type { AwsErrorKind } from './wire/errors.ts';
import type { OperationPath } from './wire/reading.ts';

/** What is known of a call before anything was decided. Times in milliseconds. */
export interface Call {
  readonly exchange: Exchange;
  /** Path and query before a stage was taken off: what a signature is over. */
  readonly signedTarget: string;
  readonly operation: OperationPath;
  /**
   * Model identifier from the path, decoded once; `GUARDRAIL_MODEL_ID` where it names none; empty
   * at a door until its request has been opened.
   */
  readonly modelId: string;
  /** Guardrail identifier from the path, decoded once; null where it names none. */
  readonly guardrailId: string | null;
  /** Path rebuilt from the matched template, which calls the model as it was named. */
  readonly forwardPath: string;
  readonly requestId: string;
  /** Wall clock at arrival. */
  readonly startedAt: number;
  /** Monotonic clock at arrival. */
  readonly startedMonotonic: number;
  /** `amz-sdk-invocation-id`: the same for all retries of one SDK call. */
  readonly invocationId: string | null;
  /** The door it came through; absent for the operations themselves. */
  readonly door?: 'apportioning' | 'profiling' | 'chat';
  /** Tells of a request at a door which call it stands for. */
  readonly open?: (caller: Caller, body: Buffer) => OpenedCall | Refused;
}

/** What a request at a door stands for: the call as it goes on, and the body of its model. */
export interface OpenedCall {
  readonly kind: 'opened';
  readonly call: Call;
  readonly body: Buffer;
}

/** A step's refusal, in AWS's words. Nothing was sent, and no hold is left behind. */
export interface Refused {
  readonly kind: 'refused';
  readonly error: AwsErrorKind;
  readonly message: string;
  /** Stable word for logs and counters. */
  readonly reason: string;
  readonly retryAfterSeconds?: number;
}

/** Builds a refusal. */
export function refused(
  error: AwsErrorKind,
  reason: string,
  message: string,
  retryAfterSeconds?: number,
): Refused {
  return {
    kind: 'refused',
    error,
    reason,
    message,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** Longest client-made id that is kept. Longer ones are cut: they are for grouping only. */
const INVOCATION_ID_LENGTH_MAX = 128;

/** Keeps what is printable and short of a client's id. */
export function invocationIdOf(exchange: Exchange): string | null {
  const value = exchange.header('amz-sdk-invocation-id');
  if (value === undefined || value === '') return null;
  return value.slice(0, INVOCATION_ID_LENGTH_MAX);
}
