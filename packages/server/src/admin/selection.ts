/** Model selection: the advice of the cost keeper in the words of its API. */
import { createHash } from 'node:crypto';
import type { ApiResult, Handlers, RESOURCES } from '@tollkeeper/contract';
import { microUsd } from '@tollkeeper/core';
import type { EffectiveConfig } from '../keeper/effective.ts';
import { labelPrice } from '../keeper/label-price.ts';
import { localTime } from '../keeper/local-time.ts';
import { localDayAt } from '../keeper/moment.ts';
import { countedBudget } from '../keeper/quota-budgets.ts';
import { advise, type Advice, type LabelStanding } from '../keeper/selection.ts';
import type { Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, notFound } from './fault.ts';
import { toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['selection'];
type Body = ApiResult<'selectModel'>;
type Given = Extract<Advice, { kind: 'label' }>;

export function selectionHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  const { keeper, oauth, prices, clock } = deps;
  return {
    selectModel: async ({ params }) => {
      // Admission has just read the catalogue's revision: there is no need to ask again.
      const revision = oauth.tokens.catalogRevision;
      const [config] = await Promise.all([
        keeper.configs.forApp(params.org_id, params.app_id, revision),
        prices.refresh(revision),
      ]);
      if (config === undefined) throw notFound('The organization');
      const at = clock.now();
      const advice = await advise(deps, config, at);
      switch (advice.kind) {
        case 'no_labels':
          throw new Fault('INVALID_CONFIG', NO_LABELS, { org_id: config.org_id });
        case 'all_spent':
          throw allSpent(params.app_id, config, advice);
        case 'label': {
          const spentAt = await forecastOf(deps, config, advice);
          const { app_id } = params;
          const advised = toApi(deps, { config, advice, app_id, at, spentAt });
          return { status: 200, body: advised, headers: headersOf(advised) };
        }
      }
    },
  };
}

const NO_LABELS =
  'The organization has no labels to choose from: PUT it with model_ordering and quotas.';

interface Advised {
  readonly config: EffectiveConfig;
  readonly advice: Given;
  readonly app_id: string;
  readonly at: number;
  /** When the quota of the label will be spent. */
  readonly spentAt: number | null;
}

/** Nobody waits for it, but for the first who asks about a label. */
function forecastOf(
  { forecasts }: AdminDependencies,
  config: EffectiveConfig,
  { label, standings, day }: Given,
): number | null | Promise<number | null> {
  const budget = countedBudget(config, label.label);
  const balance = standings.get(label.label);
  if (budget === undefined || balance === undefined) return null;
  return forecasts.latest({ budget, balance, window_start: day.start, resets_at: day.end });
}

function toApi(deps: AdminDependencies, advised: Advised): Body {
  const { config, advice, app_id, at, spentAt } = advised;
  const { keeper, prices } = deps;
  const { org_id, timezone } = config;
  const { label, reason, standings, sticky_active } = advice;
  const current = standings.get(label.label);
  if (current === undefined) throw new Error(`${label.label} was chosen and has no standing.`);
  const tight = current.status !== 'NORMAL';
  const moment = { book: prices.current(), region: keeper.region, at, org_id };
  return {
    org_id,
    app_id,
    recommended_model: {
      label: label.label,
      bedrock_model_id: label.id,
      reason,
      description: label.description,
    },
    quota_status: {
      scope: config.quota_scope,
      mode: tight ? 'TIGHT' : 'NORMAL',
      current_model: label.label,
      ...figuresOf(current),
      sticky_fallback_active: sticky_active,
      exhausts_at: spentAt === null ? null : toApiTime(spentAt),
      models_status: Object.fromEntries(
        [...standings].map(([name, standing]) => [
          name,
          { ...figuresOf(standing), status: standing.status },
        ]),
      ),
    },
    pricing: labelPrice(moment, label, prices.refreshState),
    client_guidance: guidanceOf(config, tight),
    checked_at: toApiTime(at),
    org_day: localDayAt(timezone, at).date.replaceAll('-', ''),
    org_local_time: localTime(timezone, at),
  };
}

function figuresOf({ posted, limit, pct }: LabelStanding) {
  return {
    // Corrections may have taken back more than a day has spent.
    spend_usd_micros: Math.max(0, microUsd(posted)),
    quota_usd_micros: microUsd(limit),
    quota_pct: pct,
  };
}

function guidanceOf(config: EffectiveConfig, tight: boolean): Body['client_guidance'] {
  const seconds = tight ? config.refresh_tight_secs : config.refresh_normal_secs;
  return {
    check_frequency: `PERIODIC_${seconds}S`,
    cache_duration_secs: seconds,
    explanation: tight
      ? `TIGHT mode: the quota is nearly spent. Ask again every ${seconds} seconds.`
      : `NORMAL mode: ask again every ${seconds} seconds.`,
  };
}

/** The tag leaves out what changes with every second, or no answer would ever be the same. */
function headersOf({ checked_at: _at, org_local_time: _time, ...facts }: Body) {
  const { exhausts_at: _exhausts, ...quota_status } = facts.quota_status;
  const told = JSON.stringify({ ...facts, quota_status });
  const digest = createHash('sha256').update(told).digest('base64url');
  return {
    'cache-control': `max-age=${facts.client_guidance.cache_duration_secs}, private`,
    etag: `W/"${digest.slice(0, 27)}"`,
  };
}

function allSpent(
  appId: string,
  { org_id, timezone }: EffectiveConfig,
  { standings, overage, day }: Extract<Advice, { kind: 'all_spent' }>,
): Fault {
  const models = Object.fromEntries(
    [...standings].map(([label, { pct }]) => [label, { quota_pct: pct, exceeded: true }]),
  );
  return new Fault(
    'QUOTA_EXCEEDED',
    'All model quotas are spent for today.',
    {
      org_id,
      app_id: appId,
      date: localDayAt(timezone, day.start).date,
      models,
      total_overage_usd_micros: microUsd(overage),
    },
    toApiTime(day.end),
  );
}
