/** The audit log: what administrative changes have left. It is read here and changed nowhere. */
import { PAGE_LIMIT_DEFAULT, type Handlers, type RESOURCES } from '@tollkeeper/contract';
import type { AuditQuery } from '../ports/audit.ts';
import type { Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { invalidMember } from './fault.ts';
import { fromApiTime, toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['audit'];

export function auditHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    listAudit: async ({ query }) => {
      const { limit = PAGE_LIMIT_DEFAULT, cursor, org_id, resource, resource_id, actor } = query;
      if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
        throw invalidMember('query.cursor', 'is not one of ours');
      }
      const found = await deps.catalog.audit({
        limit,
        ...(cursor === undefined ? {} : { cursor }),
        ...(org_id === undefined ? {} : { org_id }),
        ...(resource === undefined ? {} : { resource }),
        ...(resource_id === undefined ? {} : { resource_id }),
        ...(actor === undefined ? {} : { actor: actorOf(actor) }),
        ...(query.from === undefined ? {} : { from: fromApiTime('query.from', query.from) }),
        ...(query.to === undefined ? {} : { to: fromApiTime('query.to', query.to) }),
      });
      const records = found.records.map(({ at, actor: who, ...rest }) => ({
        ...rest,
        at: toApiTime(at),
        actor: { ...who },
      }));
      return { status: 200, body: { records, next_cursor: found.next_cursor } };
    },
  };
}

/** `cli`, or one of that kind: `cli:root`. */
function actorOf(text: string): NonNullable<AuditQuery['actor']> {
  const colon = text.indexOf(':');
  return colon < 0 ? { kind: text } : { kind: text.slice(0, colon), id: text.slice(colon + 1) };
}
