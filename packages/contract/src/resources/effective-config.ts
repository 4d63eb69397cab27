/**
 * The effective configuration: what holds for an organization or an application once its own
 * settings, its organization's, the settings file's and the product's are laid over each other.
 */
import { Type } from 'typebox';
import { AppId, ModelId, nullable, OrgId, strict, TimeZone } from '../fields.ts';
import type { Operation } from '../operation.ts';

const Source = Type.Enum(['application', 'organization', 'file', 'default'], {
  description: 'Who says so; `file` is the settings file of the product.',
});
const Whole = Type.Integer();

const values = {
  org_name: nullable(Type.String()),
  app_name: nullable(Type.String()),
  timezone: TimeZone,
  quota_scope: Type.Enum(['ORG', 'APP'], { description: 'Whose quotas count.' }),
  model_ordering: Type.Array(Type.String(), {
    description: 'Labels, best first; none for an organization that only uses the gateway.',
  }),
  quotas: Type.Record(Type.String(), Type.Integer(), {
    description: 'Micro-USD a day by label, in the scope that counts.',
  }),
  tight_mode_threshold_pct: Whole,
  agg_shard_count: Whole,
  sticky_fallback_enabled: Type.Boolean(),
  refresh_interval_normal_secs: Whole,
  refresh_interval_tight_secs: Whole,
  spent_tail_pct: Type.Integer({
    description: 'How many hundredths of a quota may be left when its label counts as spent.',
  }),
};
const sources = Object.fromEntries(Object.keys(values).map((member) => [member, Source])) as {
  [member in keyof typeof values]: typeof Source;
};

const LabelTarget = strict(
  {
    type: Type.Enum(['model', 'profile']),
    bedrock_model_id: ModelId,
    description: Type.String(),
  },
  'LabelTarget',
);

const EffectiveConfig = strict(
  {
    org_id: OrgId,
    app_id: nullable(AppId),
    app_registered: Type.Boolean({
      description: 'False: the application runs on the settings of its organization.',
    }),
    configuration: strict(values, 'EffectiveValues'),
    sources: strict(sources, 'EffectiveSources'),
    labels: Type.Record(Type.String(), LabelTarget, {
      description: 'What the labels of the ordering stand for.',
    }),
  },
  'EffectiveConfig',
);

const shared = {
  method: 'GET',
  access: 'client',
  alsoProvisioning: true,
  query: null,
  body: null,
  result: EffectiveConfig,
  success: [200],
  errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
} as const;

export const effectiveConfigs = {
  getEffectiveConfig: {
    ...shared,
    path: '/api/v1/orgs/{org_id}/config',
    summary: 'What holds for an organization, and where each value comes from',
    params: strict({ org_id: OrgId }),
    command: { noun: 'orgs', verb: 'config' },
  },
  getEffectiveApplicationConfig: {
    ...shared,
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/config',
    summary: 'What holds for an application, and where each value comes from',
    params: strict({ org_id: OrgId, app_id: AppId }),
    command: { noun: 'apps', verb: 'config' },
  },
} as const satisfies Record<string, Operation>;
