/** Re-rating: begun here, carried out by a job, looked at here. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import { formatUsd, parseUsd } from '@tollkeeper/core';
import type { RerateRecord } from '../jobs/rerate.ts';
import type { Visitor } from './access.ts';
import { auditRecord } from './audit-record.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, invalidMember, notFound } from './fault.ts';
import { organizationOf } from './organizations.ts';
import { bookOf } from './prices.ts';
import { fromApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['rerates'];
type ApiRerate = ApiResult<'getRerate'>;

export function rerateHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    startRerate: async ({ body }, visitor) => {
      const from = fromApiTime('body.from', body.from);
      const to = fromApiTime('body.to', body.to);
      if (to <= from) throw invalidMember('body.to', 'must be later than from');
      if (body.org_id !== undefined) await organizationOf(deps, body.org_id);
      const book = await bookOf(deps, body.price_version);
      const order = {
        from,
        to,
        org_id: body.org_id?.toLowerCase() ?? null,
        price_version: book.version,
        dry_run: body.dry_run ?? false,
      };
      const record = await deps.rerates.start(order, (made) =>
        recordOf(deps, visitor, made, { before: undefined, after: shownOf(made) }),
      );
      if (record === undefined) {
        throw new Fault('ALREADY_EXISTS', 'Another re-rating is still running.');
      }
      return { status: 202, body: toApi(record) };
    },
    getRerate: async ({ params }) => {
      const record = await deps.rerates.get(params.rerate_id);
      if (record === undefined) throw notFound('The re-rating');
      return { status: 200, body: toApi(record) };
    },
    listRerates: async ({ query }) => {
      const { limit = PAGE_LIMIT_DEFAULT, cursor = '' } = query;
      const later = (await deps.rerates.list()).filter(({ rerate_id }) => rerate_id > cursor);
      const shown = later.slice(0, limit);
      const next_cursor = later.length > limit ? (shown.at(-1)?.rerate_id ?? null) : null;
      return { status: 200, body: { rerates: shown.map(toApi), next_cursor } };
    },
    cancelRerate: async ({ params }, visitor) => {
      const cancelled = await deps.rerates.cancel(params.rerate_id, (before, after) =>
        recordOf(deps, visitor, after, { before: shownOf(before), after: shownOf(after) }),
      );
      if (!cancelled) throw notFound('A running re-rating');
      return { status: 204, body: undefined };
    },
  };
}

function recordOf(
  deps: AdminDependencies,
  visitor: Visitor,
  record: RerateRecord,
  values: { readonly before: unknown; readonly after: unknown },
) {
  const place = { kind: 'rerate', id: record.rerate_id } as const;
  return auditRecord(deps, { visitor, org_id: record.org_id }, place, values);
}

/** What the audit log keeps of a re-rating: what was asked for, not what it found. */
function shownOf({ from, to, org_id, price_version, dry_run, status }: RerateRecord): unknown {
  return { from, to, org_id, price_version, dry_run, status };
}

function toApi(record: RerateRecord): ApiRerate {
  const { cursor: _cursor, instance_id: _instance, lease_until: _lease, ...shown } = record;
  const groups = record.groups.map((group) => ({
    ...group,
    difference_usd: formatUsd(pico(group.after_usd) - pico(group.before_usd)),
  }));
  const before = groups.reduce((sum, group) => sum + pico(group.before_usd), 0n);
  const after = groups.reduce((sum, group) => sum + pico(group.after_usd), 0n);
  return {
    ...shown,
    unlisted_entries: record.unlisted_entries ?? 0,
    groups,
    entries: groups.reduce((sum, group) => sum + group.entries, 0),
    before_usd: formatUsd(before),
    after_usd: formatUsd(after),
    difference_usd: formatUsd(after - before),
  };
}

function pico(usd: string): bigint {
  return parseUsd(usd) ?? 0n;
}
