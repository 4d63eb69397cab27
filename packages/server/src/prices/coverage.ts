/**
 * What was really called, held against the book: for every model, region and tier of the ledger,
 * which of the classes that were used have no price now.
 */
import {
  formatUsd,
  GUARDRAIL_MODEL_ID,
  isGuardrailUnit,
  parseModelId,
  priceOfUnit,
  TOKEN_CLASSES,
  USAGE_FIELD,
  type PriceBook,
  type PriceScope,
} from '@tollkeeper/core';
import type { LedgerStore, SummaryGroup } from '../ports/ledger-store.ts';

/** One model, region and tier that was called. */
export interface Covered {
  readonly model_id: string;
  readonly region: string;
  readonly tier: string;
  /**
   * `account_owned`: what an AWS account owns has no list price; its entries say how they were
   * priced.
   */
  readonly status: 'priced' | 'partly' | 'unpriced' | 'account_owned';
  readonly missing: readonly string[];
  readonly requests: number;
  readonly unpriced_entries: number;
  readonly cost_usd: string;
}

/** Prices are those at `at`, in milliseconds since the epoch, without terms of an organization. */
export async function coverageOf(
  ledger: LedgerStore,
  book: PriceBook,
  period: { readonly from: number; readonly to: number; readonly org_id?: string },
  at: number,
): Promise<readonly Covered[]> {
  const { groups } = await ledger.summary({ ...period, group_by: ['model_id', 'region', 'tier'] });
  return groups.map((group) => coveredBy(book, group, at));
}

function coveredBy(book: PriceBook, group: SummaryGroup, at: number): Covered {
  const { model_id, region, tier } = group.keys;
  const heading = {
    model_id: model_id ?? '',
    region: region ?? '',
    tier: tier ?? '',
    requests: group.requests,
    unpriced_entries: group.unpriced_entries,
    cost_usd: formatUsd(group.cost),
  };
  const called = calledModel(heading.model_id);
  if (called === undefined) return { ...heading, status: 'account_owned', missing: [] };
  const used = usedClasses(group);
  const missing = used.filter((each) => !hasPrice(book, { ...heading, ...called, at }, each));
  const known = book.rateCard({ ...called, region: heading.region, tier: heading.tier, at });
  if (missing.length === 0 && (known !== undefined || used.length > 0)) {
    return { ...heading, status: 'priced', missing };
  }
  const none = known === undefined && missing.length === used.length;
  return { ...heading, status: none ? 'unpriced' : 'partly', missing };
}

function calledModel(named: string): { model_id: string; scope: PriceScope } | undefined {
  if (named === GUARDRAIL_MODEL_ID) return { model_id: named, scope: 'in_region' };
  const reference = parseModelId(named);
  if (reference.kind === 'account_owned') return undefined;
  if (reference.kind !== 'foundation') return { model_id: named, scope: 'in_region' };
  return { model_id: reference.model_id, scope: reference.scope };
}

function usedClasses(group: SummaryGroup): string[] {
  const tokens = TOKEN_CLASSES.filter((each) => group[USAGE_FIELD[each]] > 0);
  return [...tokens, ...Object.keys(group.units).filter((unit) => (group.units[unit] ?? 0) > 0)];
}

function hasPrice(
  book: PriceBook,
  query: Parameters<PriceBook['rateCard']>[0],
  usageClass: string,
): boolean {
  const token = TOKEN_CLASSES.find((each) => each === usageClass);
  if (token !== undefined) return book.rateCard(query)?.priced.has(token) ?? false;
  const guardrail = { model_id: GUARDRAIL_MODEL_ID, scope: 'in_region', tier: 'standard' } as const;
  const card = book.rateCard(isGuardrailUnit(usageClass) ? { ...query, ...guardrail } : query);
  return card !== undefined && priceOfUnit(card, usageClass) !== null;
}
