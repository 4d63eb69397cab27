/**
 * One entry under another version of the book: what it costs there, and the correction that takes
 * what the ledger says now to that. Pure. Nothing is priced by guessing: what the version does not
 * price in full is left as it is.
 */
import {
  charge,
  isWithdrawal,
  NO_USAGE,
  parseModelId,
  type Charge,
  type ChargeLine,
  type Entry,
  type EntryDraft,
  type PriceBasis,
  type PriceBook,
  type Usage,
} from '@tollkeeper/core';
import { hasGuardrailUnits } from '../gateway/bound-call.ts';
import { guardrailCard, modelCard, routerCard, ROUTER_UNIT } from '../gateway/rate-cards.ts';
import type { RecordEntry } from '../ports/ledger-store.ts';

/** What re-rating finds out about an entry. Money in pico-USD. */
export type Rerated =
  /** Usage is not known; or the entry was never priced by the list, so nothing says by what. */
  | { readonly kind: 'unknown' | 'not_listed' }
  | { readonly kind: 'unpriced' }
  | {
      readonly kind: 'priced';
      /** What it cost, corrections of other origin included. */
      readonly before: bigint;
      readonly after: bigint;
      /** What has to be appended now; null when the ledger says all of it already. */
      readonly correction: RecordEntry | null;
    };

/** Who corrects, and when. */
export interface Correcting {
  readonly rerateId: string;
  readonly instanceId: string;
  readonly now: number;
}

/**
 * Prices an entry with its corrections under a book. The id of the correction follows from the
 * entry and the number of its corrections: whoever tries to make the same one again, changes
 * nothing.
 */
export function rerateEntry(
  entry: Entry,
  corrections: readonly Entry[],
  book: PriceBook,
  by: Correcting,
): Rerated {
  const all = [entry, ...corrections];
  // Of what was withdrawn nothing is left to be priced.
  if (corrections.some(isWithdrawal)) {
    return { kind: 'priced', before: 0n, after: 0n, correction: null };
  }
  const known = all.findLast((each) => each.usage !== null && !isRerating(each));
  if (known === undefined || known.usage === null) return { kind: 'unknown' };
  const basis = basisOf(known);
  if (basis === undefined) return { kind: 'not_listed' };
  const lines = linesOf(all);
  const priced = chargeAgain(known, known.usage, basis, book, lines);
  if (priced.priced !== 'yes') return { kind: 'unpriced' };

  const now = all.reduce((sum, each) => sum + each.cost, 0n);
  const own = corrections.filter((each) => isRerating(each) && each.invocation_id === by.rerateId);
  const before = now - own.reduce((sum, each) => sum + each.cost, 0n);
  const after = priced.cost;
  const settled = after === now && !hasOpenCeiling(all, known);
  const correction = settled ? null : correctionOf(known, all, { basis, lines, priced }, book, by);
  return { kind: 'priced', before, after, correction };
}

/** Whether an entry was appended by re-rating. */
function isRerating(entry: Entry): boolean {
  return entry.entry_type === 'correction' && entry.source === 'job';
}

/** By what an entry was priced; entries of the first release say it by their model alone. */
function basisOf(entry: Entry): PriceBasis | undefined {
  if (entry.price_basis !== null) return entry.price_basis;
  const model = parseModelId(entry.model_id);
  if (model.kind !== 'foundation' || entry.charges.length === 0) return undefined;
  return { model_id: model.model_id, scope: model.scope, at: entry.started_at };
}

function chargeAgain(
  { org_id, region, tier }: Entry,
  usage: Usage,
  basis: PriceBasis,
  book: PriceBook,
  lines: readonly ChargeLine[],
): Charge {
  const moment = { book, region, at: basis.at, org_id };
  const units = hasGuardrailUnits(usage.units) ? guardrailCard(moment) : undefined;
  const charged = charge(modelCard(moment, basis.model_id, basis.scope, tier), usage, units);
  const routed = lines.find((line) => line.class === ROUTER_UNIT)?.quantity ?? 0;
  if (routed <= 0) return charged;
  // The fee of a prompt router is no usage that the upstream reports: it stands in the charges.
  const fee = charge(routerCard(moment), { ...NO_USAGE, units: { [ROUTER_UNIT]: routed } });
  const layers = [...(charged.price_layers ?? []), ...(fee.price_layers ?? [])];
  return {
    charges: [...charged.charges, ...fee.charges],
    cost: charged.cost + fee.cost,
    priced: charged.priced === 'yes' && fee.priced === 'yes' ? 'yes' : 'partly',
    unpriced_ceiling: null,
    price_layers: layers.filter(
      ({ layer_id }, at) => layers.findIndex((each) => each.layer_id === layer_id) === at,
    ),
  };
}

/** A ceiling that stands only because a price was missing: now there is one. */
function hasOpenCeiling(all: readonly Entry[], known: Entry): boolean {
  return known.usage_source === 'reported' && ceilingOf(all) !== 0n;
}

function ceilingOf(all: readonly Entry[]): bigint {
  return all.reduce((sum, each) => sum + (each.ceiling ?? 0n), 0n);
}

interface Found {
  readonly basis: PriceBasis;
  /** The charges that stand now, corrections taken into account. */
  readonly lines: readonly ChargeLine[];
  readonly priced: Charge;
}

function correctionOf(
  known: Entry,
  all: readonly Entry[],
  { basis, lines, priced }: Found,
  book: PriceBook,
  by: Correcting,
): RecordEntry {
  const [first] = all;
  const now = all.reduce((sum, each) => sum + each.cost, 0n);
  const ceiling = ceilingOf(all);
  // An estimate stays one: what it can have cost at most is not less than what it is priced at.
  const most = known.usage_source === 'reported' ? 0n : larger(ceiling, priced.cost);
  const changeOfCeiling = all.every((each) => each.ceiling === null) ? null : most - ceiling;
  const corrected = first?.entry_id ?? known.entry_id;
  const { writer_id: _writer, sequence: _sequence, ...same } = known;
  const entry: EntryDraft = {
    ...same,
    entry_id: `${corrected}-rerate-${all.length}`,
    entry_type: 'correction',
    corrects_entry_id: corrected,
    // Groups what one re-rating has appended.
    invocation_id: by.rerateId,
    source: 'job',
    // What was used has not changed, so there is nothing to add to it.
    usage: NO_USAGE,
    priced: 'yes',
    price_version: book.version,
    price_basis: basis,
    price_layers: priced.price_layers ?? [],
    charges: differenceOf(lines, priced.charges),
    cost: priced.cost - now,
    ceiling: changeOfCeiling,
    started_at: first?.started_at ?? known.started_at,
    ended_at: by.now,
    latency_ms: 0,
    time_to_first_token_ms: null,
  };
  const counted = { before: larger(now, ceiling), after: larger(priced.cost, most) };
  const amount = counted.after - counted.before;
  const open = counted.after - priced.cost - (counted.before - now);
  return {
    instance_id: by.instanceId,
    entry,
    postings: {
      usd: { amount, ceiling: open },
      tokens: { amount: 0n, ceiling: 0n },
      requests: { amount: 0n, ceiling: 0n },
    },
    at: basis.at,
    cause: 'correction',
  };
}

/** The charges that stand: what corrections took back is gone. */
function linesOf(all: readonly Entry[]): readonly ChargeLine[] {
  const standing = new Map<string, ChargeLine>();
  for (const line of all.flatMap((each) => each.charges)) {
    const key = `${line.class} ${line.unit_price_usd}`;
    const before = standing.get(key);
    const sum = before === undefined ? line : addLines(before, line);
    if (sum.quantity === 0) standing.delete(key);
    else standing.set(key, sum);
  }
  return [...standing.values()];
}

function addLines(a: ChargeLine, b: ChargeLine): ChargeLine {
  const amount = a.amount === null || b.amount === null ? null : a.amount + b.amount;
  return { ...a, quantity: a.quantity + b.quantity, amount };
}

/** Every line that differs: the old one taken back, the new one in its place. */
function differenceOf(before: readonly ChargeLine[], after: readonly ChargeLine[]): ChargeLine[] {
  const same = (a: ChargeLine, b: ChargeLine): boolean =>
    a.class === b.class &&
    a.quantity === b.quantity &&
    a.unit_price_usd === b.unit_price_usd &&
    a.amount === b.amount;
  const gone = before.filter((line) => !after.some((other) => same(line, other)));
  const come = after.filter((line) => !before.some((other) => same(line, other)));
  const takenBack = gone.map((line) => ({
    ...line,
    quantity: -line.quantity,
    amount: line.amount === null ? null : -line.amount,
  }));
  return [...takenBack, ...come];
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
