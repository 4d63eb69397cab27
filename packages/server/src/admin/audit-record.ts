/**
 * Makes the record that goes with an administrative change. Whoever writes to the catalogue hands
 * it on, so that the store keeps both or neither.
 */
import type { OperationName } from '@tollkeeper/contract';
import type { AuditActor, AuditRecord, AuditStamp } from '../ports/audit.ts';
import type { CatalogKind } from '../ports/catalog-store.ts';
import type { Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';

/** The request that a change is made by. */
export interface Origin {
  readonly action: OperationName | 'superAction';
  readonly request_id: string;
  /** Address of the caller as the connection says it; headers are not believed. */
  readonly source_ip: string | null;
}

/** What a record says besides what is written: by whom, and whose it is. */
export interface Change {
  readonly visitor: Visitor;
  readonly org_id: string | null;
  /** The id that the API knows it by, where that is not the document's. */
  readonly resource_id?: string;
}

type Parts = Pick<AdminDependencies, 'clock' | 'ids'>;

/** Everything of a record but the change itself. */
export function auditStamp({ clock, ids }: Parts, visitor: Visitor): AuditStamp {
  return { audit_id: ids.uuid(), at: clock.now(), actor: actorOf(visitor), ...visitor.origin };
}

/** The record of a change of one document; undefined: there was none, or there is none any more. */
export function auditRecord(
  parts: Parts,
  change: Change,
  place: { readonly kind: CatalogKind; readonly id: string },
  values: { readonly before: unknown; readonly after: unknown },
): AuditRecord {
  return {
    ...auditStamp(parts, change.visitor),
    resource: place.kind,
    resource_id: change.resource_id ?? place.id,
    org_id: change.org_id,
    before: withoutSecrets(values.before) ?? null,
    after: withoutSecrets(values.after) ?? null,
  };
}

function actorOf(visitor: Visitor): AuditActor {
  switch (visitor.kind) {
    case 'provisioning':
      return { kind: 'provisioning_key', id: 'provisioning' };
    case 'key':
      return { kind: 'key', id: visitor.principal.key_id ?? '' };
    case 'person':
      return { kind: 'person', id: `${visitor.person.issuer_id}/${visitor.person.subject}` };
    case 'client':
      return { kind: 'client', id: visitor.client.client_id };
    case 'anybody':
      throw new Error('Nobody may change anything without saying who they are.');
  }
}

/** Members that hold a secret, or what would help to find one, wherever they stand. */
const SECRET =
  /^(.*_)?(hash|salt|sealed|secret|token|password|secret_access_key|api_key|provisioning_key)$/;

/** The same value without what must not be shown. Times of a secret stay, such as `revoked_at`. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !SECRET.test(name))
      .map(([name, inner]) => [name, withoutSecrets(inner)]),
  );
}
