/** The audit log: a record of every administrative change, for ever. */
import { Type } from 'typebox';
import { nullable, OrgId, PageQuery, pageOf, strict, Time } from '../fields.ts';
import type { Operation } from '../operation.ts';

/**
 * Who can make a change: the provisioning key, an API key, an OAuth client, a command on the
 * machine itself.
 */
export const ACTOR_KINDS = ['provisioning_key', 'key', 'client', 'person', 'cli'] as const;

const NAME = '^[!-~]{1,2048}$';

export const AuditRecord = strict(
  {
    audit_id: Type.String(),
    at: Time,
    actor: strict({ kind: Type.Enum([...ACTOR_KINDS]), id: Type.String() }),
    action: Type.String({ description: 'Operation of this API, or the command that did it.' }),
    resource: Type.String({ description: 'Kind of what was changed, such as `application`.' }),
    resource_id: Type.String(),
    org_id: nullable(Type.String()),
    before: Type.Unknown({ description: 'As it was; null when there was none.' }),
    after: Type.Unknown({ description: 'As it is since; null when it was removed.' }),
    request_id: nullable(Type.String()),
    source_ip: nullable(
      Type.String({ description: 'Address of the caller as the connection says it.' }),
    ),
  },
  'AuditRecord',
);

export const audit = {
  listAudit: {
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'List administrative changes, newest first; records are never changed or removed',
    access: 'provisioning',
    params: null,
    query: strict({
      org_id: Type.Optional(OrgId),
      resource: Type.Optional(
        Type.String({
          pattern: '^[a-z][a-z_]{0,63}$',
          description: 'Kind of what was changed, such as `application` or `budget`.',
        }),
      ),
      resource_id: Type.Optional(
        Type.String({ pattern: NAME, description: 'Id of what was changed.' }),
      ),
      actor: Type.Optional(
        Type.String({
          pattern: `^(${ACTOR_KINDS.join('|')})(:[!-~]{1,200})?$`,
          description: `Who changed it: ${ACTOR_KINDS.join(', ')}; or one of them, as cli:root.`,
        }),
      ),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
      ...PageQuery,
    }),
    body: null,
    result: pageOf('records', AuditRecord),
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'],
    command: { noun: 'audit', verb: null },
  },
} as const satisfies Record<string, Operation>;
