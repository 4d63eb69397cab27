/** What DynamoDB and the way to it may answer instead of doing what was asked. */
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { StoreUnavailable } from '../../../ports/ledger-store.ts';
import type { Item, Reason, Transacted } from './items.ts';

/** Names of errors that say: later. */
const THROTTLES: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'LimitExceededException',
]);
/** Names of errors of a single item that another transaction is just writing. */
const CONFLICTS: ReadonlySet<string> = new Set(['TransactionConflictException']);

/** What an operator can do about what no repeating mends, by the name of the error. */
const ADVICE: Readonly<Record<string, string | undefined>> = {
  AccessDeniedException: 'The rights that are needed are in docs/dynamodb.md',
  CredentialsProviderError:
    'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or give this machine a role',
  ExpiredTokenException: 'Get new AWS credentials',
  UnrecognizedClientException: 'Check the AWS credentials of this process',
};

/** A reason as the service words it. */
interface CancellationReason {
  readonly Code?: string;
  readonly Message?: string;
  readonly Item?: unknown;
}

/** Whether the same may go well in a moment. */
export function isBusy(error: unknown): boolean {
  return THROTTLES.has(nameOf(error)) || CONFLICTS.has(nameOf(error));
}

/**
 * What became of a transaction of so many parts that was refused; undefined: nobody knows, or it is
 * not about the transaction.
 */
export function refusalOf(error: unknown, parts: number): Transacted | undefined {
  const name = nameOf(error);
  if (THROTTLES.has(name)) return { kind: 'throttled' };
  if (CONFLICTS.has(name)) return { kind: 'cancelled', reasons: same(parts, { kind: 'conflict' }) };
  if (name === 'ValidationException' || name === 'ItemCollectionSizeLimitExceededException') {
    const message = messageOf(error);
    return { kind: 'cancelled', reasons: same(parts, { kind: 'invalid', message }) };
  }
  if (name !== 'TransactionCanceledException') return undefined;
  const told = (error as { readonly CancellationReasons?: readonly CancellationReason[] })
    .CancellationReasons;
  if (told?.length !== parts) return undefined;
  return { kind: 'cancelled', reasons: told.map(reasonOf) };
}

/** For callers: what does not answer as it should is not there. */
export function unavailable(error: unknown, table: string): Error {
  if (error instanceof StoreUnavailable) return error;
  const name = nameOf(error);
  if (name === 'ResourceNotFoundException') {
    return new StoreUnavailable(
      `The DynamoDB table ${table} is not there. Make it with "tollkeeper store init".`,
    );
  }
  // A mistake of ours, which repeating does not mend.
  if (name === 'IdempotentParameterMismatchException' || name === 'ValidationException') {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
  const advice = ADVICE[name];
  const said = `DynamoDB: ${name}: ${messageOf(error)}`;
  const failure = new StoreUnavailable(
    advice === undefined ? said : `${said.replace(/\.$/, '')}. ${advice}.`,
  );
  failure.cause = error;
  return failure;
}

function reasonOf({ Code, Message = '', Item: item }: CancellationReason): Reason {
  switch (Code) {
    case undefined:
    case 'None':
      return { kind: 'none' };
    case 'ConditionalCheckFailed':
      return { kind: 'condition', item: itemOf(item) };
    case 'TransactionConflict':
      return { kind: 'conflict' };
    case 'ProvisionedThroughputExceeded':
    case 'ThrottlingError':
      return { kind: 'throttled' };
    default:
      return { kind: 'invalid', message: `${Code}: ${Message}` };
  }
}

/** The library does not translate what comes with an error. */
function itemOf(item: unknown): Item | undefined {
  if (typeof item !== 'object' || item === null || Object.keys(item).length === 0) return undefined;
  // What is in our table was written from items.
  return unmarshall(item as Parameters<typeof unmarshall>[0]) as Item;
}

const same = (parts: number, reason: Reason): Reason[] =>
  Array.from({ length: parts }, () => reason);

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
