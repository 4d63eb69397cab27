/** Aggregates: what was spent on a local day, label by label. */
import type { Handlers, RESOURCES } from '@tollkeeper/contract';
import {
  applicationAggregates,
  organizationAggregates,
  type AggregatePage,
  type NoAggregates,
} from '../keeper/aggregates.ts';
import type { Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, notFound } from './fault.ts';

type Names = keyof (typeof RESOURCES)['aggregates'];

export function aggregateHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  const { ledger, clock, keeper } = deps;
  const { configs, sticky, labels } = keeper;
  const parts = { ledger, clock, configs, sticky, labels };
  const ofOrganization = async (orgId: string, date: string | null) =>
    shown(await organizationAggregates(parts, orgId, date), date);
  const ofApplication = async (orgId: string, appId: string, date: string | null) =>
    shown(await applicationAggregates(parts, orgId, appId, date), date);
  return {
    organizationToday: ({ params }) => ofOrganization(params.org_id, null),
    organizationDay: ({ params }) => ofOrganization(params.org_id, params.date),
    applicationToday: ({ params }) => ofApplication(params.org_id, params.app_id, null),
    applicationDay: ({ params }) => ofApplication(params.org_id, params.app_id, params.date),
  };
}

interface Shown<P> {
  readonly status: 200;
  readonly body: P;
  readonly headers: Readonly<Record<string, string>>;
}

function shown<P>(answer: AggregatePage<P> | NoAggregates, date: string | null): Shown<P> {
  switch (answer.kind) {
    case 'page':
      return {
        status: 200,
        body: answer.body,
        headers: {
          'cache-control': 'max-age=30, private',
          etag: answer.etag,
          'x-data-lag-secs': '0',
        },
      };
    case 'no_such_party':
      throw notFound('The organization or application');
    case 'no_such_date':
      throw new Fault('INVALID_REQUEST', 'The date is not a day such as 2026-11-22.', {
        ...{ date, expected_format: 'YYYY-MM-DD' },
        problems: [{ member: 'params.date', problem: 'is not a day such as 2026-11-22' }],
      });
    case 'future_date':
      throw new Fault('INVALID_REQUEST', `The date is in the future: today is ${answer.today}.`, {
        ...{ date, today: answer.today },
        problems: [{ member: 'params.date', problem: 'is in the future' }],
      });
    case 'no_data':
      throw new Fault('NOT_FOUND', 'There is no usage of that day.', {
        date,
        reason: 'Nothing was used that day, or what was is no longer kept.',
      });
  }
}
