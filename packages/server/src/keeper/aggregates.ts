/**
 * What an organization or an application has spent on one of its local days, label by label. Summed
 * from the ledger's entries at the moment of asking, by the same rule as the balances of quotas, so
 * that it agrees with them and lags by nothing.
 *
 * Under the scope ORG an application's page shows its organization's figures, since those count.
 */
import { createHash } from 'node:crypto';
import type { ApiResult } from '@tollkeeper/contract';
import {
  chooseLabel,
  microUsd,
  picoOfMicro,
  quotaPct,
  quotaStatus,
  type QuotaUse,
} from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import type { LabelSum, LedgerStore } from '../ports/ledger-store.ts';
import type { EffectiveConfig, EffectiveConfigs } from './effective.ts';
import type { ModelLabels } from '../config/model-labels.ts';
import { localDayAt, localDayOf, type LocalDay } from './moment.ts';
import { stickyScopeOf, type StickyStates } from './sticky.ts';

export interface AggregateParts {
  readonly ledger: Pick<LedgerStore, 'labelSums'>;
  readonly clock: Clock;
  readonly configs: Pick<EffectiveConfigs, 'forApp' | 'forOrg'>;
  readonly sticky: Pick<StickyStates, 'read'>;
  readonly labels: ModelLabels;
}

type OrganizationPage = ApiResult<'organizationDay'>;
type ApplicationPage = ApiResult<'applicationDay'>;
type Figures = Omit<OrganizationPage, 'org_id'>;
type ModelFigures = OrganizationPage['models'][string];

/** A page with the tag that changes when its figures do. */
export interface AggregatePage<P> {
  readonly kind: 'page';
  readonly body: P;
  readonly etag: string;
}

export type NoAggregates =
  | { readonly kind: 'no_such_party' }
  | { readonly kind: 'no_such_date' }
  | { readonly kind: 'future_date'; readonly today: string }
  | { readonly kind: 'no_data' };

/** The page of an organization. `date` null: today. Rejects when the store does. */
export async function organizationAggregates(
  parts: AggregateParts,
  orgId: string,
  date: string | null,
): Promise<AggregatePage<OrganizationPage> | NoAggregates> {
  const config = await parts.configs.forOrg(orgId);
  if (config === undefined) return { kind: 'no_such_party' };
  const found = await figuresOf(parts, config, date);
  return found.kind === 'figures' ? pageOf({ org_id: orgId, ...found.figures }) : found;
}

/** The page of an application. `date` null: today. Rejects when the store does. */
export async function applicationAggregates(
  parts: AggregateParts,
  orgId: string,
  appId: string,
  date: string | null,
): Promise<AggregatePage<ApplicationPage> | NoAggregates> {
  const config = await parts.configs.forApp(orgId, appId);
  const counted = config?.quota_scope === 'ORG' ? await parts.configs.forOrg(orgId) : config;
  if (config === undefined || counted === undefined) return { kind: 'no_such_party' };
  const found = await figuresOf(parts, counted, date);
  if (found.kind !== 'figures') return found;
  const { app_name } = config;
  return pageOf({ org_id: orgId, app_id: appId, app_name, ...found.figures });
}

function pageOf<P extends { readonly updated_at: string }>(body: P): AggregatePage<P> {
  const { updated_at: _moment, ...figures } = body;
  const digest = createHash('sha256').update(JSON.stringify(figures)).digest('base64url');
  return { kind: 'page', body, etag: `"${digest.slice(0, 22)}"` };
}

type Found = { readonly kind: 'figures'; readonly figures: Figures } | NoAggregates;

async function figuresOf(
  parts: AggregateParts,
  config: EffectiveConfig,
  date: string | null,
): Promise<Found> {
  const now = parts.clock.now();
  const today = localDayAt(config.timezone, now);
  const asked = dayAsked(config.timezone, date, today);
  if ('kind' in asked) return asked;
  const { org_id, app_id } = config;
  const isToday = asked.date === today.date;
  const [sums, sticky] = await Promise.all([
    parts.ledger.labelSums({
      ...{ org_id, from: asked.start, to: asked.end },
      ...(app_id === null ? {} : { app_id }),
    }),
    isToday && hasSticky(config)
      ? parts.sticky.read(stickyScopeOf(config), today.start)
      : undefined,
  ]);
  if (sums.length === 0 && !isToday) return { kind: 'no_data' };
  const uses = usesOf(config, sums);
  const chosen = chooseLabel(
    {
      ordering: config.ordering,
      sticky_ordering: config.sticky_ordering,
      sticky_enabled: hasSticky(config),
      spent_tail_pct: config.spent_tail_pct,
    },
    (label) => uses.get(label),
    sticky,
  );
  const unlabelled = sums.find(({ label }) => label === null);
  return {
    kind: 'figures',
    figures: {
      date: asked.date,
      timezone: config.timezone,
      quota_scope: config.quota_scope,
      models: modelsOf(config, parts.labels, sums, uses),
      ...totalsOf(sums, uses),
      sticky_fallback_active: chosen.sticky_active,
      current_active_model: chosen.label,
      ...(unlabelled === undefined
        ? {}
        : { unlabelled_cost_usd_micros: microUsd(unlabelled.cost) }),
      updated_at: new Date(now).toISOString(),
    },
  };
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

function dayAsked(timezone: string, date: string | null, today: LocalDay): LocalDay | NoAggregates {
  if (date === null || date === today.date) return today;
  if (!DATE.test(date)) return { kind: 'no_such_date' };
  if (Number.isNaN(Date.parse(`${date}T00:00:00Z`))) return { kind: 'no_such_date' };
  if (date > today.date) return { kind: 'future_date', today: today.date };
  // A date that exists, and that the zone has left out, had no usage.
  return localDayOf(timezone, date) ?? { kind: isDate(date) ? 'no_data' : 'no_such_date' };
}

/** Whether the calendar has this day: a parser carries 30 February over into March. */
function isDate(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10) === date;
}

/** Under APP no sticky label is the organization's. */
function hasSticky({ sticky_enabled, quota_scope, app_id }: EffectiveConfig): boolean {
  return sticky_enabled && (quota_scope === 'ORG' || app_id !== null);
}

/** What the quota of each label of the ordering has come to. */
function usesOf(config: EffectiveConfig, sums: readonly LabelSum[]): ReadonlyMap<string, QuotaUse> {
  const posted = new Map(sums.map((sum) => [sum.label, sum.posted]));
  return new Map(
    config.ordering.map((label) => {
      const limit = picoOfMicro(config.quotas.get(label) ?? 0);
      return [label, { posted: posted.get(label) ?? 0n, limit }];
    }),
  );
}

function modelsOf(
  config: EffectiveConfig,
  labels: ModelLabels,
  sums: readonly LabelSum[],
  uses: ReadonlyMap<string, QuotaUse>,
): Record<string, ModelFigures> {
  const byLabel = new Map(sums.map((sum) => [sum.label, sum]));
  const others = sums.flatMap(({ label }) => (label === null || uses.has(label) ? [] : [label]));
  const rows = [...config.ordering, ...others].map((label): readonly [string, ModelFigures] => {
    const sum = byLabel.get(label);
    const row = {
      label,
      bedrock_model_id: sum?.model_id ?? labels.get(label)?.id ?? '',
      ...quotaFigures(uses.get(label), config.tight_threshold_pct),
      ...sumFigures(sum),
    };
    return [label, row];
  });
  return Object.fromEntries(rows);
}

function quotaFigures(
  use: QuotaUse | undefined,
  thresholdPct: number,
): Pick<ModelFigures, 'quota_usd_micros' | 'quota_pct' | 'quota_status'> {
  if (use === undefined) return { quota_usd_micros: 0, quota_pct: 0, quota_status: 'NORMAL' };
  return {
    quota_usd_micros: microUsd(use.limit),
    quota_pct: quotaPct(use),
    quota_status: quotaStatus(use, thresholdPct),
  };
}

function sumFigures(
  sum: LabelSum | undefined,
): Omit<
  ModelFigures,
  'label' | 'bedrock_model_id' | 'quota_usd_micros' | 'quota_pct' | 'quota_status'
> {
  const { cost = 0n, ceiling = 0n, requests = 0, input_tokens = 0, output_tokens = 0 } = sum ?? {};
  return {
    cost_usd_micros: microUsd(cost),
    input_tokens,
    output_tokens,
    requests,
    average_cost_per_request: requests === 0 ? 0 : microUsd(cost / BigInt(requests)),
    ...(ceiling === 0n ? {} : { unsettled_usd_micros: microUsd(ceiling) }),
  };
}

function totalsOf(
  sums: readonly LabelSum[],
  uses: ReadonlyMap<string, QuotaUse>,
): Pick<Figures, 'total_cost_usd_micros' | 'total_quota_usd_micros' | 'total_quota_pct'> {
  let cost = 0n;
  for (const sum of sums) if (sum.label !== null) cost += sum.cost;
  let posted = 0n;
  let limit = 0n;
  for (const use of uses.values()) {
    posted += use.posted;
    limit += use.limit;
  }
  return {
    total_cost_usd_micros: microUsd(cost),
    total_quota_usd_micros: microUsd(limit),
    total_quota_pct: uses.size === 0 ? 0 : quotaPct({ posted, limit }),
  };
}
