/**
 * Aggregates: what an organization or an application has spent on a local day, label by label. They
 * are summed from the ledger as they are asked for, so that they lag by nothing.
 */
import { Type } from 'typebox';
import { AppId, nullable, OrgId, strict, Time, TimeZone } from '../fields.ts';
import type { Operation } from '../operation.ts';

const Micros = (description: string) => Type.Integer({ description: `Micro-USD. ${description}` });
const Pct = Type.Number({ description: 'Two decimal places, rounded down.' });

const ModelAggregate = strict(
  {
    label: Type.String(),
    bedrock_model_id: Type.String({
      description: 'Of the last call that day; that of the label where there was none.',
    }),
    cost_usd_micros: Micros('Known charges, rounded half up.'),
    quota_usd_micros: Micros('0 for a label without a quota.'),
    quota_pct: Pct,
    quota_status: Type.Enum(['NORMAL', 'TIGHT', 'EXCEEDED']),
    input_tokens: Type.Integer({ description: 'Reads and writes of the prompt cache included.' }),
    output_tokens: Type.Integer(),
    requests: Type.Integer(),
    average_cost_per_request: Micros('Rounded half up.'),
    unsettled_usd_micros: Type.Optional(
      Micros('What calls without a price or known usage can have cost beyond; it counts as spent.'),
    ),
  },
  'ModelAggregate',
);

const figures = {
  date: Type.String({ description: "The organization's local day, `YYYY-MM-DD`." }),
  timezone: TimeZone,
  quota_scope: Type.Enum(['ORG', 'APP']),
  models: Type.Record(Type.String(), ModelAggregate, { description: 'By label.' }),
  total_cost_usd_micros: Micros('Of all labels, rounded once.'),
  total_quota_usd_micros: Micros('Of all labels.'),
  total_quota_pct: Pct,
  sticky_fallback_active: Type.Boolean(),
  current_active_model: nullable(
    Type.String({ description: 'Label; null when every quota is spent, or there is no label.' }),
  ),
  unlabelled_cost_usd_micros: Type.Optional(
    Micros('Gateway calls that count on no label; in no other figure.'),
  ),
  updated_at: Time,
};

const OrganizationAggregates = strict({ org_id: OrgId, ...figures }, 'OrganizationAggregates');
const ApplicationAggregates = strict(
  { org_id: OrgId, app_id: AppId, app_name: nullable(Type.String()), ...figures },
  'ApplicationAggregates',
);

const Day = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'A local day of the organization, `YYYY-MM-DD`.',
});

const errors = [
  'INVALID_REQUEST',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_FOUND',
  'RATE_LIMIT_EXCEEDED',
] as const;

const shared = {
  method: 'GET',
  access: 'client',
  scope: 'read:aggregates',
  rate: 'aggregates',
  query: null,
  body: null,
  success: [200],
  errors,
  command: null,
} as const;

export const aggregates = {
  organizationToday: {
    ...shared,
    path: '/api/v1/orgs/{org_id}/aggregates/today',
    summary: 'What an organization has spent today, by label',
    params: strict({ org_id: OrgId }),
    result: OrganizationAggregates,
  },
  organizationDay: {
    ...shared,
    path: '/api/v1/orgs/{org_id}/aggregates/{date}',
    summary: 'What an organization spent on a day, by label',
    params: strict({ org_id: OrgId, date: Day }),
    result: OrganizationAggregates,
  },
  applicationToday: {
    ...shared,
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/aggregates/today',
    summary: "What an application has spent today, by label; its organization's figures under ORG",
    params: strict({ org_id: OrgId, app_id: AppId }),
    result: ApplicationAggregates,
  },
  applicationDay: {
    ...shared,
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/aggregates/{date}',
    summary: "What an application spent on a day, by label; its organization's figures under ORG",
    params: strict({ org_id: OrgId, app_id: AppId, date: Day }),
    result: ApplicationAggregates,
  },
} as const satisfies Record<string, Operation>;
