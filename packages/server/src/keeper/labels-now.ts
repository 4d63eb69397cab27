/**
 * Which labels of an application can be used at the moment, by the sticky label and what its quotas
 * have come to. Finding a label spent moves the sticky one, whoever finds it: a caller who asks for
 * advice or a call through the gateway.
 */
import {
  chooseLabel,
  picoOfMicro,
  windowAt,
  type ChosenLabel,
  type QuotaUse,
} from '@tollkeeper/core';
import type { LedgerStore } from '../ports/ledger-store.ts';
import { countedBudgetId, type QuotaBudgets } from './quota-budgets.ts';
import type { EffectiveConfig } from './effective.ts';
import { stickyScopeOf, type StickyState, type StickyStates } from './sticky.ts';

export interface LabelsNow {
  readonly chosen: ChosenLabel;
  /** What the quota of each label has come to. */
  readonly uses: ReadonlyMap<string, QuotaUse>;
  /** From when to when the local day lasts that they are of; milliseconds since the epoch. */
  readonly day: { readonly start: number; readonly end: number };
}

export interface LabelsNowParts {
  readonly ledger: Pick<LedgerStore, 'budgetStates'>;
  readonly sticky: StickyStates;
  readonly quotas: QuotaBudgets;
}

/** Reads both, and moves the sticky label if it has to move. Rejects as the stores do. */
export async function labelsNow(
  parts: LabelsNowParts,
  config: EffectiveConfig,
  at: number,
): Promise<LabelsNow> {
  // Where there is no room for the budgets, nothing can be posted to them either.
  const making = parts.quotas.ensure(config);
  if (making !== undefined) await making;
  const { start, end } = windowAt('day', config.timezone, at);
  if (end === null) throw new RangeError('A day has no end.');
  const scope = stickyScopeOf(config);
  const [uses, sticky] = await Promise.all([
    usesOf(parts.ledger, config, at),
    config.sticky_enabled ? parts.sticky.read(scope, start) : undefined,
  ]);
  const choose = (place: StickyState | undefined): ChosenLabel =>
    chooseLabel(config, (label) => uses.get(label), place);
  let chosen = choose(sticky);
  if (chosen.advance_to !== null) {
    const ordering = config.sticky_ordering;
    const furthest = await parts.sticky.advance(scope, start, ordering, chosen.advance_to);
    // Somebody else may have moved it further, by sums that were not there yet.
    if (furthest.label !== chosen.advance_to) chosen = choose(furthest);
  }
  return { chosen, uses, day: { start, end } };
}

async function usesOf(
  ledger: LabelsNowParts['ledger'],
  config: EffectiveConfig,
  at: number,
): Promise<ReadonlyMap<string, QuotaUse>> {
  const labels = [...config.quotas.keys()];
  const ids = labels.map((label) => countedBudgetId(config, label));
  const states = await ledger.budgetStates(ids, at);
  return new Map(
    labels.map((label, index) => {
      // The settings say what the limit is. A budget that is still being made has nothing posted.
      const posted = states[index]?.balance.posted ?? 0n;
      return [label, { posted, limit: picoOfMicro(config.quotas.get(label) ?? 0) }];
    }),
  );
}
