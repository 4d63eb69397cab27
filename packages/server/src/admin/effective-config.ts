/** The effective configuration of organizations and applications, with where each value is from. */
import type { ApiResult, Handlers, RESOURCES } from '@tollkeeper/contract';
import type { EffectiveConfig } from '../keeper/effective.ts';
import type { ModelLabels } from '../config/model-labels.ts';
import type { Visitor } from './access.ts';
import { applicationOf } from './applications.ts';
import type { AdminDependencies } from './dependencies.ts';
import { notFound } from './fault.ts';

type Names = keyof (typeof RESOURCES)['effectiveConfigs'];

export function effectiveConfigHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  const { keeper } = deps;
  return {
    getEffectiveConfig: async ({ params }) => {
      const config = await keeper.configs.forOrg(params.org_id);
      if (config === undefined) throw notFound('The organization');
      return { status: 200, body: toApi(config, keeper.labels) };
    },
    getEffectiveApplicationConfig: async ({ params }, visitor) => {
      const { org_id, app_id } = params;
      const config = await keeper.configs.forApp(org_id, app_id);
      if (config === undefined) throw notFound('The organization');
      // Only an organization's own client may act for applications that nobody registered.
      if (visitor.kind !== 'client') await applicationOf(deps, org_id, app_id);
      return { status: 200, body: toApi(config, keeper.labels) };
    },
  };
}

function toApi(config: EffectiveConfig, labels: ModelLabels): ApiResult<'getEffectiveConfig'> {
  const { org_id, app_id, app_registered, sources } = config;
  const targets = config.ordering.flatMap((label) => {
    const facts = labels.get(label);
    if (facts === undefined) return [];
    const { type, id, description } = facts;
    return [[label, { type, bedrock_model_id: id, description }] as const];
  });
  return {
    org_id,
    app_id,
    app_registered,
    configuration: {
      org_name: config.org_name,
      app_name: config.app_name,
      timezone: config.timezone,
      quota_scope: config.quota_scope,
      model_ordering: [...config.ordering],
      quotas: Object.fromEntries(config.quotas),
      tight_mode_threshold_pct: config.tight_threshold_pct,
      agg_shard_count: config.agg_shard_count,
      sticky_fallback_enabled: config.sticky_enabled,
      refresh_interval_normal_secs: config.refresh_normal_secs,
      refresh_interval_tight_secs: config.refresh_tight_secs,
      spent_tail_pct: config.spent_tail_pct,
    },
    sources: { ...sources },
    labels: Object.fromEntries(targets),
  };
}
