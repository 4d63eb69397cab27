/**
 * Asks AWS's price list now and again, where the operator lets it. What differs becomes a version
 * of the book; when nothing differs, there is none. When the list cannot be had, the prices stay as
 * they are, and say that they are what was heard last.
 */
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { PriceList } from '../ports/price-list.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { PriceHome } from '../prices/price-home.ts';
import { PRICE_LIST_SOURCE } from '../prices/price-source.ts';

export interface PriceRefreshParts {
  readonly prices: PriceHome;
  readonly list: PriceList;
  readonly region: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Telemetry['log'];
}

/** What came of asking once. */
export type PriceRefreshed =
  | { readonly kind: 'changed'; readonly price_version: string }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly cause: string };

/** Asks once. Never rejects: what fails is logged, and known by `refreshState`. */
export async function refreshPrices(parts: PriceRefreshParts): Promise<PriceRefreshed> {
  const { prices, list, region, clock, ids, log } = parts;
  try {
    const { rows, rejected, offers } = await list.read(region);
    const tagged = rows.map((row) => ({ ...row, sources: [PRICE_LIST_SOURCE, ...row.sources] }));
    const { plan, version } = await prices.importRows(tagged, {
      rowsId: `refresh-${ids.uuid()}`,
      asOf: new Date(clock.now()).toISOString().slice(0, 10),
      heading: { reason: 'refresh', note: offers.join(', '), createdBy: 'job' },
    });
    prices.refreshState = { failing: false };
    const figures = {
      added: plan.added.length,
      changed: plan.changed.length,
      removed: plan.removed.length,
      same: plan.same,
      rejected,
    };
    if (version === null) {
      log('info', 'The price list says nothing new.', figures);
      return { kind: 'unchanged' };
    }
    const { price_version } = version;
    log('info', 'The price list has news.', { price_version, ...figures });
    return { kind: 'changed', price_version };
  } catch (error) {
    prices.refreshState = { failing: true };
    const cause = error instanceof Error ? error.message : String(error);
    log('warn', 'The price list could not be had; prices stay as they are.', { cause });
    return { kind: 'failed', cause };
  }
}

/** Asks at once and again and again, until the returned function is called. */
export function keepPricesFresh(parts: PriceRefreshParts, everyMs: number): () => void {
  let stopped = false;
  const round = (): void => {
    if (stopped) return;
    void refreshPrices(parts).finally(() => {
      parts.clock.after(everyMs, round);
    });
  };
  round();
  return () => {
    stopped = true;
  };
}
