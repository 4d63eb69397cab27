/**
 * Advice: which label an application should use now, by what its quotas have come to and where the
 * sticky label stands. Asking moves the sticky label when a quota is found spent, as a call through
 * the gateway does.
 */
import { quotaPct, quotaStatus, type QuotaStatus, type QuotaUse } from '@tollkeeper/core';
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { EffectiveConfig } from './effective.ts';
import type { Keeper } from './keeper.ts';
import type { LabelFacts } from '../config/model-labels.ts';
import { labelsNow } from './labels-now.ts';

/** A quota with what it has come to. */
export interface LabelStanding extends QuotaUse {
  readonly pct: number;
  readonly status: QuotaStatus;
}

export type Advice =
  | {
      readonly kind: 'label';
      readonly label: LabelFacts;
      readonly reason: string;
      readonly standings: ReadonlyMap<string, LabelStanding>;
      readonly sticky_active: boolean;
      readonly day: { readonly start: number; readonly end: number };
    }
  | {
      readonly kind: 'all_spent';
      readonly standings: ReadonlyMap<string, LabelStanding>;
      /** Pico-USD above the quotas, all labels together. */
      readonly overage: bigint;
      readonly day: { readonly start: number; readonly end: number };
    }
  /** No label of its ordering is in the settings, or it has none. */
  | { readonly kind: 'no_labels' };

export interface AdviceParts {
  readonly keeper: Pick<Keeper, 'labels' | 'sticky' | 'quotas'>;
  readonly ledger: Pick<LedgerStore, 'budgetStates'>;
}

/** What to use at `at`, milliseconds since the epoch. Rejects as the stores do. */
export async function advise(
  { keeper, ledger }: AdviceParts,
  config: EffectiveConfig,
  at: number,
): Promise<Advice> {
  const { labels } = keeper;
  // A label that the settings have lost stands for nothing.
  const ordering = config.ordering.filter((label) => labels.has(label));
  if (ordering.length === 0) return { kind: 'no_labels' };
  const served = ordering.length === config.ordering.length ? config : { ...config, ordering };
  const { chosen, uses, day } = await labelsNow({ ...keeper, ledger }, served, at);
  const standings = new Map(
    ordering.map((label) => [label, standingOf(uses.get(label) ?? NO_QUOTA, config)]),
  );
  const facts = chosen.label === null ? undefined : labels.get(chosen.label);
  if (facts === undefined) {
    return { kind: 'all_spent', standings, overage: overageOf(standings.values()), day };
  }
  const { reason, sticky_active } = chosen;
  return { kind: 'label', label: facts, reason, standings, sticky_active, day };
}

const NO_QUOTA: QuotaUse = Object.freeze({ posted: 0n, limit: 0n });

function standingOf(use: QuotaUse, config: EffectiveConfig): LabelStanding {
  const pct = quotaPct(use);
  return { ...use, pct, status: quotaStatus(use, config.tight_threshold_pct) };
}

function overageOf(uses: Iterable<QuotaUse>): bigint {
  let sum = 0n;
  for (const { posted, limit } of uses) if (posted > limit) sum += posted - limit;
  return sum;
}
