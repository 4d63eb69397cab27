/**
 * What a store gives away whole, and what another one takes in as it is: entries with the ids and
 * numbers that they have, not as if they were made anew. No server uses either of the two while
 * they are copied.
 */
import type { Line, Postings, Subject } from '@tollkeeper/core';
import type { AuditRecord } from './audit.ts';
import type { CatalogItem, CatalogKind } from './catalog-store.ts';
import type { RefusalRow } from './refusal-store.ts';

/** A line of the ledger with all that a store knows of it. */
export interface WholeLine extends Line {
  /** There are corrections of it. */
  readonly corrected: boolean;
}

/** A document with its revision. */
export interface WholeDocument extends CatalogItem {
  readonly kind: CatalogKind;
}

export interface NumberedAudit {
  readonly number: number;
  readonly record: AuditRecord;
}

/** What removed entries of a subject have posted. */
export interface RemovedSum {
  readonly subject: Subject;
  readonly entries: number;
  readonly postings: Postings;
}

/** How far the entries of a writer were copied to a place. */
export interface PlaceCopied {
  readonly place: string;
  readonly writer_id: string;
  readonly sequence: number;
}

export interface StoreSource {
  /** Of what a copy has to write, how much there is of each. */
  counts(): Promise<StoreCounts>;
  /** Lines of a writer after a sequence, in order; fewer than the limit: there are no more. */
  lines(writerId: string, after: number, limit: number): Promise<readonly WholeLine[]>;
  /** In the order of kind and id. */
  documents(after: WholeDocument | null, limit: number): Promise<readonly WholeDocument[]>;
  audit(after: number, limit: number): Promise<readonly NumberedAudit[]>;
  refusals(after: RefusalRow | null, limit: number): Promise<readonly RefusalRow[]>;
  removed(): Promise<readonly RemovedSum[]>;
  copies(): Promise<readonly PlaceCopied[]>;
  /** The revision of the catalogue. */
  revision(): Promise<number>;
  close(): Promise<void>;
}

export interface StoreCounts {
  readonly entries: number;
  readonly documents: number;
  readonly audit: number;
  readonly refusals: number;
}

/** What is known of a copy into a store. */
export type CopyState =
  /** Nothing is in it. */
  | { readonly kind: 'empty' }
  /** Something is in it, and no copy has begun. */
  | { readonly kind: 'used' }
  /** A copy has begun, and not ended. */
  | { readonly kind: 'begun'; readonly at: number }
  | { readonly kind: 'done'; readonly at: number };

/** Everything it writes is durable when its promise resolves, and may be written again. */
export interface StoreImport {
  state(): Promise<CopyState>;
  begin(at: number): Promise<void>;
  finish(at: number): Promise<void>;
  /** Instances that use the store now. */
  living(): Promise<readonly string[]>;
  /** The last number of a writer, by which a copy goes on. */
  lastSequence(writerId: string): Promise<number>;
  /** Lines of one writer that follow on each other, in their order. */
  importLines(writerId: string, lines: readonly WholeLine[]): Promise<void>;
  /** The writer has given numbers up to this one; entries behind the last line were removed. */
  closeWriter(writerId: string, lastSequence: number): Promise<void>;
  importDocuments(documents: readonly WholeDocument[]): Promise<void>;
  importAudit(records: readonly NumberedAudit[]): Promise<void>;
  importRefusals(rows: readonly RefusalRow[]): Promise<void>;
  importRemoved(sums: readonly RemovedSum[]): Promise<void>;
  importCopies(copies: readonly PlaceCopied[]): Promise<void>;
  /** No revision of the catalogue, and no number of an audit record, is given twice. */
  importRevisions(given: { readonly catalog: number; readonly audit: number }): Promise<void>;
  /** What it has of what `StoreSource.counts` tells, but entries. */
  counts(): Promise<Omit<StoreCounts, 'entries'>>;
}
