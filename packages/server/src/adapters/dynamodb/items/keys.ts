/**
 * Where everything lies in the one table. The whole design, with what each access costs, is in
 * `docs/decisions/0013-one-dynamodb-table.md`.
 */
import { createHash } from 'node:crypto';
import type { ItemKey } from './items.ts';

/** Entries of an organization and a day are spread over so many partitions. */
export const ENTRY_SHARDS = 4;
/** Instances are registered in so many partitions. */
export const INSTANCE_SHARDS = 8;

const DAY_MS = 86_400_000;

/** Characters of an id of others that are in a key as they are. */
const FOREIGN_ID_MAX = 256;

/** How far the start of an entry may be from its dispatch to be found by that. */
export const NEAR_MS = 3_600_000;

/** `null` shown in keys, where there is no null. */
const NOTHING = '-';

/** The revisions of the catalogue and of budgets, and the number of the last audit record. */
export const REVISIONS: ItemKey = { pk: 'META', sk: 'REVISIONS' };
/** What `store init` has made: schema number, shards. */
export const SCHEMA: ItemKey = { pk: 'META', sk: 'SCHEMA' };
/** How far a copy of another store into this table has come. */
export const COPY: ItemKey = { pk: 'META', sk: 'COPY' };
/** What `probe` writes. */
export const PROBE: ItemKey = { pk: 'META', sk: 'PROBE' };

/** An attempt: its intent while it is open, then for a while the way to its entry. */
export const attemptKey = (attemptId: string): ItemKey => ({ pk: `A#${attemptId}`, sk: 'A' });

/** A submission or correction by its line key: the way to its entry. */
export const lineKey = (type: 'submission' | 'correction', entryId: string): ItemKey => ({
  pk: `L#${type}#${entryId}`,
  sk: 'L',
});

/** By which other ids an attempt of an organization is known; sorted by kind and attempt. */
export const knownAsPartition = (orgId: string, id: string): string => `K#${orgId}#${short(id)}`;

/** Which call an upstream's id stands for, as far as anybody has told. */
export const callKey = (orgId: string, id: string): ItemKey => ({
  pk: knownAsPartition(orgId, id),
  sk: 'CALL',
});

/** Says that an organization has ever intended a call through the gateway. */
export const callsKey = (orgId: string): ItemKey => ({ pk: `CALLS#${orgId}`, sk: 'C' });

/** The corrections of an entry, those of one writer in its order. */
export const correctionsPartition = (entryId: string): string => `X#${entryId}`;
export const correctionSort = (writerId: string, sequence: number): string =>
  `${writerId}#${sortable(sequence)}`;

/** Entries that started on a UTC day, of one organization, in the order of lists. */
export const entriesPartition = (orgId: string, day: string, shard: number): string =>
  `E#${orgId}#${day}#${shard}`;
/** What the partitions of an organization begin with, and few others. */
export const orgPrefix = (orgId: string): string => `E#${orgId}#`;
export const entrySort = (startedAt: number, writerId: string, sequence: number): string =>
  `${sortable(startedAt)}#${writerId}#${sortable(sequence)}`;
export const entryShard = (entryId: string): number => shardOf(entryId, ENTRY_SHARDS);

/** Days with entries, of one organization (by dispatch and start), and of all. */
export const daysOfOrgPartition = (orgId: string): string => `D#${orgId}`;
/**
 * The day of the dispatch, and when the entry started: the same day when that was near, else an
 * hour of it, so that for a few that started far from their dispatch no whole day is read.
 */
export function daySort(at: number, startedAt: number): string {
  const day = dayOf(at);
  const isNear = Math.abs(startedAt - at) <= NEAR_MS && dayOf(startedAt) === day;
  return `${day}#${isNear ? day : hourOf(startedAt)}`;
}
export const orgsOfDayPartition = (startDay: string): string => `DAY#${startDay}`;
export const DAYS_PARTITION = 'DAYS';

/** A writer's entries: one item a group, by its first sequence. */
export const logPartition = (writerId: string): string => `W#${writerId}`;
export const logSort = (firstSequence: number): string => sortable(firstSequence);
/** Who has written anything. */
export const WRITERS_PARTITION = 'WRITERS';
export const writerKey = (writerId: string): ItemKey => ({ pk: WRITERS_PARTITION, sk: writerId });

/** The definitions of an organization's budgets. */
export const budgetsPartition = (orgId: string): string => `O#${orgId}`;
export const definitionKey = (orgId: string, budgetId: string): ItemKey => ({
  pk: budgetsPartition(orgId),
  sk: budgetId,
});
/** In which organization a budget is, by its id. */
export const budgetKey = (budgetId: string): ItemKey => ({ pk: `B#${budgetId}`, sk: 'B' });
/** Organizations that have budgets. */
export const BUDGET_ORGS_PARTITION = 'BUDGETORGS';
/** What changed among definitions, by revision. */
export const BUDGET_CHANGES_PARTITION = 'BUDGETCHANGES';
export const changeSort = (revision: number): string => sortable(revision);

/** The balance of a window (`BALANCE`), and the leases of it, one an instance (`LEASE#id`). */
export const balancePartition = (budgetId: string, windowStart: number): string =>
  `$#${budgetId}#${windowStart}`;
export const BALANCE_SORT = 'BALANCE';
export const leaseSort = (leaseId: string): string => `LEASE#${leaseId}`;
export const balanceKey = (budgetId: string, windowStart: number): ItemKey => ({
  pk: balancePartition(budgetId, windowStart),
  sk: BALANCE_SORT,
});
export const leaseKey = (budgetId: string, windowStart: number, leaseId: string): ItemKey => ({
  pk: balancePartition(budgetId, windowStart),
  sk: leaseSort(leaseId),
});

/** What an instance has: its lanes, its groups of intents, its leases. */
export const instancePartition = (instanceId: string): string => `I#${instanceId}`;
export const laneSort = (lane: number): string => `LANE#${lane}`;
export const intentGroupSort = (group: string): string => `GROUP#${group}`;
export const instanceLeaseSort = (leaseId: string): string => `LEASE#${leaseId}`;
/** Heartbeats of instances. */
export const instancesPartition = (shard: number): string => `INSTANCES#${shard}`;
export const instanceKey = (instanceId: string): ItemKey => ({
  pk: instancesPartition(shardOf(instanceId, INSTANCE_SHARDS)),
  sk: instanceId,
});

/** Catalogue: a document, and its copy under its parent. */
export const documentPartition = (kind: string): string => `C#${kind}`;
export const childrenPartition = (kind: string, parent: string): string => `P#${kind}#${parent}`;

/** Audit records by their number. */
export const AUDIT_PARTITION = 'AUDIT';
export const auditSort = (number: number): string => sortable(number);
/** Tells that an audit record of this id has been kept. */
export const auditIdKey = (auditId: string): ItemKey => ({ pk: `AUDIT#${auditId}`, sk: 'A' });

/** How far entries were copied, by place and writer. */
export const COPIES_PARTITION = 'COPIES';
export const copySort = (place: string, writerId: string): string => `${place}#${writerId}`;
/** What removed entries of an organization have posted, by subject. */
export const archivedPartition = (orgId: string): string => `Z#${orgId}`;
/** How many entries of an organization have been removed. */
export const removedKey = (orgId: string): ItemKey => ({ pk: `REMOVED#${orgId}`, sk: 'R' });

/** Refusals of a UTC day, oldest first. */
export const refusalsPartition = (day: string): string => `R#${day}`;
export const refusalSort = (at: number, refusalId: string): string =>
  `${sortable(at)}#${refusalId}`;
export const REFUSAL_DAYS_PARTITION = 'REFUSALDAYS';

/** UTC day of a moment, as `2026-11-23`. */
export function dayOf(at: number): string {
  return new Date(Math.floor(at / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
}

/** UTC hour of a moment, as `2026-11-23T07`. */
function hourOf(at: number): string {
  return new Date(at).toISOString().slice(0, 13);
}

/** A whole number such that the order of texts is that of numbers; negative ones come first. */
export function sortable(value: number): string {
  const shifted = BigInt(value) + 2n ** 53n;
  return shifted.toString().padStart(17, '0');
}

/** Reads back what `sortable` wrote. */
export function numberOfSortable(text: string): number {
  return Number(BigInt(text) - 2n ** 53n);
}

/** An id, or what stands for none. */
export const orNothing = (id: string | null): string => id ?? NOTHING;

/** What others name themselves may be longer than a key may be. */
function short(id: string): string {
  if (id.length <= FOREIGN_ID_MAX) return id;
  return createHash('sha256').update(id).digest('base64url');
}

function shardOf(id: string, shards: number): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0) % shards;
}
