/** Small transactions of the store's own, sent until it is known what has become of them. */
import type { Ids } from '../../../ports/ids.ts';
import { StoreUnavailable } from '../../../ports/ledger-store.ts';
import { Backoff, type Chances, PATIENCE } from './backoff.ts';
import { isFinal, type Items, type Transacted, type Write } from './items.ts';

export interface WritingParts extends Chances {
  readonly items: Items;
  readonly ids: Ids;
}

/**
 * Makes writes by what there is and sends them, again and again while something else was there by
 * then; false when there is nothing to write. Rejects with `StoreUnavailable`.
 */
export async function writeUntilSettled(
  parts: WritingParts,
  make: () => Promise<readonly Write[] | undefined>,
): Promise<boolean> {
  const backoff = new Backoff(parts, PATIENCE);
  for (;;) {
    const writes = await make();
    if (writes === undefined || writes.length === 0) return false;
    const outcome = await untilKnown(parts, writes, backoff);
    if (outcome.kind === 'committed') return true;
    const never =
      outcome.kind === 'cancelled' && outcome.reasons.find(({ kind }) => kind === 'invalid');
    if (never) throw new Error(`DynamoDB does not take it: ${JSON.stringify(never)}`);
    if (!backoff.failed()) throw new StoreUnavailable('The table is too busy.');
    await backoff.pause();
  }
}

/**
 * Sends the same transaction while nobody says what became of it. One whose answer was lost may
 * have happened, or may still: that it is too busy now says nothing about that. Rejects with
 * `StoreUnavailable`.
 */
export async function untilKnown(
  { items, ids }: Pick<WritingParts, 'items' | 'ids'>,
  writes: readonly Write[],
  backoff: Backoff,
): Promise<Transacted> {
  const token = ids.uuid();
  let lost = false;
  for (;;) {
    try {
      const outcome = await items.transact(writes, token);
      if (!lost || isFinal(outcome)) return outcome;
      if (!backoff.failed()) throw new StoreUnavailable('The table is too busy.');
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || !backoff.failed()) throw error;
      lost = true;
    }
    await backoff.pause();
  }
}
