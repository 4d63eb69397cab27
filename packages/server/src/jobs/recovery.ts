/**
 * Settles what dead instances left behind. A hold of an instance that is proven dead becomes an
 * entry with usage unknown and the hold as its ceiling: the call may have run and been billed.
 * Holds of living instances are never touched. Runs on start and in the sweep.
 */
import type { EntryDraft, Hold } from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { InstanceLocks } from '../ports/instance-locks.ts';
import { StoreUnavailable, type LedgerStore, type Settle } from '../ports/ledger-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface RecoveryParts {
  readonly instanceId: string;
  readonly ledger: LedgerStore;
  readonly locks: InstanceLocks;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
}

/** Holds that are settled at once, so that stores can write them in groups. */
const AT_ONCE = 64;
/** A store may show a moment late, in a list, what the dead one has written last. */
const LOOKS = 2;

/**
 * Settles the holds of every dead instance; returns how many. Repeating it is safe. One that cannot
 * be settled keeps none of the others waiting, but rejects in the end, and is tried again.
 */
export async function recoverDeadInstances(parts: RecoveryParts): Promise<number> {
  let recovered = 0;
  const failures: unknown[] = [];
  for (const instance of await parts.locks.dead()) {
    const before = failures.length;
    let calls = 0;
    for (let look = 0; look < LOOKS && failures.length === before; look += 1) {
      const holds = await parts.ledger.holds(instance);
      calls += holds.length;
      recovered += await settleAll(parts, holds, failures);
      if (failures.length === before) await parts.ledger.endLeases(instance);
    }
    if (failures.length > before) continue;
    await parts.locks.forget(instance);
    parts.telemetry.log('warn', 'An instance died; its calls were settled as unknown.', {
      instance_id: instance,
      calls,
    });
  }
  if (failures.length > 0) throw failures[0];
  return recovered;
}

/** How many became entries. What fails for good is noted; rejects when the store is not there. */
async function settleAll(
  parts: RecoveryParts,
  holds: readonly Hold[],
  failures: unknown[],
): Promise<number> {
  let recovered = 0;
  const left = holds.values();
  const line = async (): Promise<void> => {
    for (const hold of left) {
      try {
        const settled = await parts.ledger.settle(interruption(parts, hold));
        if (settled.kind === 'settled') recovered += 1;
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error;
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
  return recovered;
}

function interruption(parts: RecoveryParts, hold: Hold): Settle {
  const { amounts } = hold;
  return {
    instance_id: parts.instanceId,
    entry: interruptedEntry(hold, parts.clock.now()),
    postings: {
      usd: { amount: amounts.usd, ceiling: amounts.usd },
      tokens: { amount: amounts.tokens, ceiling: amounts.tokens },
      requests: { amount: 1n, ceiling: 0n },
    },
    origin: 'recovery',
    correction_id: parts.ids.uuid(),
  };
}

/** The entry of an attempt whose process died between its intent and its settlement. */
export function interruptedEntry({ intent, amounts }: Hold, now: number): EntryDraft {
  return {
    entry_id: intent.attempt_id,
    entry_type: 'attempt',
    corrects_entry_id: null,
    attempt_id: intent.attempt_id,
    request_id: intent.request_id,
    upstream_request_id: null,
    invocation_id: intent.invocation_id,
    source: 'gateway',
    ...intent.subject,
    region: intent.region,
    operation: intent.operation,
    tier: intent.tier,
    streamed: intent.streamed,
    outcome: 'interrupted',
    usage: null,
    usage_source: 'unknown',
    usage_reason: 'process_died',
    priced: intent.priced,
    price_version: intent.price_version,
    price_basis: null,
    price_layers: [],
    charges: [],
    cost: 0n,
    ceiling: amounts.usd,
    started_at: intent.at,
    ended_at: now,
    latency_ms: Math.max(0, now - intent.at),
    time_to_first_token_ms: null,
    tags: intent.tags,
  };
}

/**
 * Recovers again and again until the returned function is called, and does what else there is to
 * clear away after each time. A failing round is tried again.
 */
export function sweep(
  parts: RecoveryParts,
  everyMs: number,
  clearAway: () => Promise<void> = () => Promise.resolve(),
): () => void {
  let stopped = false;
  const round = (): void => {
    if (stopped) return;
    recoverDeadInstances(parts)
      .then(clearAway)
      .catch((error: unknown) => {
        parts.telemetry.log('warn', 'The sweep failed and will be tried again.', {
          cause: error instanceof Error ? error.message : String(error),
        });
      })
      .finally(() => parts.clock.after(everyMs, round));
  };
  parts.clock.after(everyMs, round);
  return () => {
    stopped = true;
  };
}
