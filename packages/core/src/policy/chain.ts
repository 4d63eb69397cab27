/**
 * Which label of a chain is active: the first that is not spent, where the chain has not moved on
 * already. Pure: the sums come in, and whether the sticky label has to move goes out.
 *
 * A label is spent when what was posted to its quota has reached it, or leaves less than a small
 * part of it (the tail): what is left then would fit hardly any call. Reserved money does not count
 * here, since it may come back.
 *
 * The sticky label moves along one ordering, that of the scope whose quotas count (the
 * organization's or the application's own), and forward only. Labels before it are passed: nobody
 * of that scope is given them until the day ends, not even an application whose own ordering is
 * another.
 */

/** What a quota has come to, in pico-USD. */
export interface QuotaUse {
  /** Known charges and, of unknown ones, what they can have cost. */
  readonly posted: bigint;
  readonly limit: bigint;
}

/** What is chosen from. */
export interface Chain {
  /** Labels in the order in which they are tried, best first. */
  readonly ordering: readonly string[];
  /** The ordering along which the sticky label moves; mostly the same. */
  readonly sticky_ordering: readonly string[];
  readonly sticky_enabled: boolean;
  /** How much of a quota may be left when it counts as spent, in hundredths of it. */
  readonly spent_tail_pct: number;
}

/** Where the sticky label stands today; undefined where it has not moved. */
export interface StickyPlace {
  readonly label: string;
  /** Its place in the ordering when it was set, should that no longer have the label. */
  readonly index: number;
}

/** Why a label is the active one. The label in the third form is in capitals. */
export type ChainReason =
  'NORMAL' | 'STICKY_FALLBACK' | `QUOTA_EXCEEDED_${string}` | 'ALL_QUOTAS_EXCEEDED';

export interface ChosenLabel {
  /** The active label; null when every one is spent. */
  readonly label: string | null;
  readonly reason: ChainReason;
  /** Labels of the ordering that may still be used, best first: where a call may fall through. */
  readonly open: readonly string[];
  /** To which label the sticky one must move first; null where it may stay. */
  readonly advance_to: string | null;
  /** Whether the sticky label is past the first one, when it has moved as `advance_to` says. */
  readonly sticky_active: boolean;
}

/** Whether a quota is spent. A quota of nothing always is. */
export function isSpent({ posted, limit }: QuotaUse, tailPct: number): boolean {
  return posted >= limit || (limit - posted) * 100n < BigInt(tailPct) * limit;
}

/**
 * Chooses. `useOf` tells what a label's quota has come to; a label without a quota (undefined)
 * counts as spent, so that nothing is free by accident.
 */
export function chooseLabel(
  chain: Chain,
  useOf: (label: string) => QuotaUse | undefined,
  sticky: StickyPlace | undefined,
): ChosenLabel {
  const spent = (label: string): boolean => {
    const use = useOf(label);
    return use === undefined || isSpent(use, chain.spent_tail_pct);
  };
  const before = stickyIndex(chain, sticky);
  const after = chain.sticky_enabled ? advanced(chain.sticky_ordering, before, spent) : 0;
  const passed = new Set(chain.sticky_ordering.slice(0, after));
  const open = chain.ordering.filter((label) => !passed.has(label) && !spent(label));
  const moved = after > before;
  return {
    label: open[0] ?? null,
    reason: reasonOf(chain, { open, before }),
    open,
    advance_to: moved ? (chain.sticky_ordering[after] ?? null) : null,
    sticky_active: after > 0,
  };
}

/** Where the sticky label is in the ordering of now; 0 where it has not moved. */
export function stickyIndex(
  chain: Pick<Chain, 'sticky_ordering' | 'sticky_enabled'>,
  sticky: StickyPlace | undefined,
): number {
  if (!chain.sticky_enabled || sticky === undefined) return 0;
  const found = chain.sticky_ordering.indexOf(sticky.label);
  const last = Math.max(0, chain.sticky_ordering.length - 1);
  return found >= 0 ? found : Math.min(sticky.index, last);
}

/** On from `from` past everything that is spent; it rests on the last label. */
function advanced(
  ordering: readonly string[],
  from: number,
  spent: (label: string) => boolean,
): number {
  for (let index = from; index < ordering.length - 1; index++) {
    const label = ordering[index];
    if (label !== undefined && !spent(label)) return index;
  }
  return Math.max(from, ordering.length - 1);
}

/**
 * `STICKY_FALLBACK` while the label that an earlier choice moved to still holds; otherwise the
 * label just before the chosen one is what was found spent.
 */
function reasonOf(
  chain: Chain,
  { open, before }: { readonly open: readonly string[]; readonly before: number },
): ChainReason {
  const [label] = open;
  if (label === undefined) return 'ALL_QUOTAS_EXCEEDED';
  const at = chain.ordering.indexOf(label);
  const left = chain.ordering[at - 1];
  if (left === undefined) return 'NORMAL';
  const passedBefore = new Set(chain.sticky_ordering.slice(0, before));
  return passedBefore.has(left) ? 'STICKY_FALLBACK' : `QUOTA_EXCEEDED_${left.toUpperCase()}`;
}
