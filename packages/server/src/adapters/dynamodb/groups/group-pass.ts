/** One run of a group of commands, each on top of those before, by what is known. Pure. */
import { type ItemKey, TRANSACTION_BYTES_MAX, TRANSACTION_ITEMS_MAX } from '../items/items.ts';
import { TransactionRefused } from './lanes.ts';
import { type Missing, Overlay, type Ran, type Source } from './overlay.ts';
import type { Command } from './transactions.ts';

/** A command that waits for its answer. */
export interface Pending {
  readonly command: Command<unknown>;
  /** When it was given, on the monotonic clock. */
  readonly since: number;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

type Decided = Extract<Ran, { kind: 'decided' }>;

export interface Pass {
  readonly decided: readonly { readonly pending: Pending; readonly ran: Decided }[];
  /** Those that did not come to a decision, and never will. */
  readonly refused: readonly { readonly pending: Pending; readonly error: Error }[];
  /** Those for which there was no room any more. */
  readonly left: readonly Pending[];
  readonly writes: ReturnType<Overlay['writes']>;
  /** What has to be fetched before any of this counts. */
  readonly missing: Missing;
}

/** So much room is left for the check of the lane. */
const ROOM = { items: TRANSACTION_ITEMS_MAX - 1, bytes: TRANSACTION_BYTES_MAX - 1_024 };

/**
 * Runs the commands. An answer that goes with no write rests on what was fetched for it or on what
 * the transaction makes sure of; anything else that it rests on is missing.
 */
export function runGroup(work: readonly Pending[], source: Source, newVersion: number): Pass {
  const overlay = new Overlay(source, ROOM, newVersion);
  const decided: { pending: Pending; ran: Decided }[] = [];
  const refused: { pending: Pending; error: Error }[] = [];
  const restsOn = new Map<string, ItemKey>();
  let left: readonly Pending[] = [];
  for (const [index, pending] of work.entries()) {
    const ran = overlay.run(pending.command);
    if (ran.kind === 'full') {
      left = work.slice(index);
      break;
    }
    if (ran.kind === 'failed') refused.push({ pending, error: asError(ran.error) });
    if (ran.kind === 'decided') decided.push({ pending, ran });
    if (ran.kind === 'failed' || (ran.kind === 'decided' && !ran.wrote)) {
      for (const [id, key] of ran.gets) restsOn.set(id, key);
    }
  }
  const writes = overlay.writes();
  const first = left[0];
  // Alone, and still too large.
  if (first !== undefined && writes.length === 0) {
    refused.push({ pending: first, error: new TransactionRefused(TOO_LARGE) });
    left = left.slice(1);
  }
  const made = new Set(writes.map(({ id }) => id));
  const { missing } = overlay;
  for (const [id, key] of restsOn) {
    if (!made.has(id) && source.fresh(id) === undefined) missing.keys.set(id, key);
  }
  return { decided, refused, left, writes, missing };
}

const TOO_LARGE = 'It is more than one transaction of DynamoDB can carry.';

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
