/**
 * The slow port: organizations, applications, keys, grants and the like, as JSON documents under
 * (kind, id). Every change raises one revision for the whole catalogue, by which caches know that
 * they are stale. Values are kept as given; secrets in them are already hashes.
 */
import type { AuditPage, AuditQuery, AuditRecord } from './audit.ts';

/** What kinds of document there are. Ids are unique within a kind. */
export type CatalogKind =
  | 'organization'
  | 'application'
  | 'api_key'
  | 'access_key'
  | 'grant'
  /** What applications name in submissions. */
  | 'inference_profile'
  | 'setting'
  /** Tenant ids of organizations. */
  | 'tenant'
  | 'oauth_client'
  | 'signing_key'
  | 'revoked_token'
  | 'secret_retrieval'
  /** Versions of the price book, each with what it changed; `price_rows` hold its rows. */
  | 'price_version'
  | 'price_rows'
  /** Imports that are not in the book yet. */
  | 'price_import'
  /** Alerts that were raised; webhooks, messages on their way to them, messages done with. */
  | 'alert'
  | 'webhook'
  | 'webhook_outbox'
  | 'webhook_delivery'
  /** Re-ratings and how far each has come; `rerate_turn` says whose turn it is. */
  | 'rerate'
  | 'rerate_turn'
  /** What people made in the AWS account, and by which request each was asked for. */
  | 'provisioned_resource'
  | 'provisioned_request'
  /** Capacity whose hours are split, and what a unit of it costs an hour. */
  | 'provisioned_pool'
  | 'unit_hour_price'
  /** Where the sticky label of an organization or an application stands today. */
  | 'sticky'
  /** What organizations used of models on a day. */
  | 'daily_cost';

export interface CatalogItem<T = unknown> {
  readonly id: string;
  /**
   * Documents are listed by parent: applications and grants of an organization, keys of an
   * application.
   */
  readonly parent: string;
  readonly value: T;
  /** Revision of this document: 1 when created, raised by one on every put. */
  readonly revision: number;
}

export interface CatalogPut {
  readonly kind: CatalogKind;
  readonly id: string;
  readonly parent: string;
  readonly value: unknown;
  /**
   * Put only if the document has this revision now; 0: only if there is none. Absent: whatever it
   * has.
   */
  readonly expected?: number;
  /**
   * The catalogue's revision stays: for parts of a larger change that a last put makes known, and
   * for notes that no cache keeps.
   */
  readonly quiet?: boolean;
  /**
   * Kept in the same step if the document is put. Give `expected` with it: that is what makes its
   * `before` true.
   */
  readonly audit?: AuditRecord;
}

export interface CatalogRemoveOptions {
  /** Remove only if the document has this revision now. */
  readonly expected?: number;
  /** As in `CatalogPut`. */
  readonly quiet?: boolean;
  /** Kept in the same step if the document is removed. */
  readonly audit?: AuditRecord;
}

export type CatalogPutResult =
  | { readonly kind: 'put'; readonly revision: number; readonly created: boolean }
  | { readonly kind: 'conflict'; readonly revision: number };

export interface CatalogStore {
  get<T>(kind: CatalogKind, id: string): Promise<CatalogItem<T> | undefined>;
  put(command: CatalogPut): Promise<CatalogPutResult>;
  /** False when there is no such document, or it has another revision than `expected`. */
  remove(kind: CatalogKind, id: string, options?: CatalogRemoveOptions): Promise<boolean>;
  /** In order of id, from after `cursor`; `parent` narrows. */
  list<T>(
    kind: CatalogKind,
    options: { parent?: string; limit: number; cursor?: string },
  ): Promise<{ items: readonly CatalogItem<T>[]; next_cursor: string | null }>;
  /** The revision of the whole catalogue: grows with every change by any process. */
  revision(): Promise<number>;
  /** What administrative changes have left, of the catalogue and of budgets. */
  audit(query: AuditQuery): Promise<AuditPage>;
}
