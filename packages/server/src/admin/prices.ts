/** The price book: what counts at a moment, its versions, and whether it covers what was called. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import { unitPriceUsd, type PriceBook } from '@tollkeeper/core';
import { diffBooks } from '../prices/book-diff.ts';
import { coverageOf } from '../prices/coverage.ts';
import type { PriceVersionRecord } from '../prices/price-records.ts';
import { priceSourceOf } from '../prices/price-source.ts';
import { principalOf, type Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, invalidMember, notFound } from './fault.ts';
import { toApiChange } from './price-change.ts';
import { fromApiTime, toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['prices'];

/** How far back coverage looks when nobody says. */
const COVERAGE_MS_DEFAULT = 30 * 86_400_000;

export function priceHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    listPrices: async ({ query }, visitor) => {
      const { model_id, region, at, limit = PAGE_LIMIT_DEFAULT } = query;
      refuseOldVersions(visitor, query.price_version);
      const book = await bookOf(deps, query.price_version);
      const rows = book.find({
        at: at === undefined ? deps.clock.now() : fromApiTime('query.at', at),
        ...(model_id === undefined ? {} : { model_id }),
        ...(region === undefined ? {} : { region }),
      });
      const start = positionOf(query.cursor);
      const end = start + limit;
      const refresh = deps.prices.refreshState;
      const prices = rows.slice(start, end).map((row) => ({
        ...row,
        unit_price_usd: unitPriceUsd(row.usd, row.per),
        sources: [...row.sources],
        source: priceSourceOf(row, refresh),
      }));
      return {
        status: 200,
        body: {
          price_version: book.version,
          prices,
          next_cursor: end < rows.length ? String(end) : null,
        },
      };
    },
    listPriceVersions: async ({ query }) => {
      const { limit = PAGE_LIMIT_DEFAULT } = query;
      await deps.prices.latest();
      const versions = [...deps.prices.versions].reverse();
      const start = positionOf(query.cursor);
      const shown = versions.slice(start, start + limit);
      const next_cursor = start + limit < versions.length ? String(start + limit) : null;
      return { status: 200, body: { versions: shown.map(toApiVersion), next_cursor } };
    },
    getPriceVersion: async ({ params }) => {
      await deps.prices.latest();
      const { price_version } = params;
      const found = deps.prices.versions.find((each) => each.price_version === price_version);
      if (found === undefined) throw notFound('The price version');
      return { status: 200, body: toApiVersion(found) };
    },
    ...comparingHandlers(deps),
  };
}

function comparingHandlers(
  deps: AdminDependencies,
): Pick<Handlers<Visitor, Names>, 'diffPrices' | 'priceCoverage'> {
  return {
    diffPrices: async ({ query }) => {
      const { limit = PAGE_LIMIT_DEFAULT } = query;
      const from = await bookOf(deps, query.from);
      const to = await bookOf(deps, query.to);
      const diff = await diffBooks(deps.clock, from, to);
      const start = positionOf(query.cursor);
      const shown = diff.changes.slice(start, start + limit).map(toApiChange);
      const next_cursor = start + limit < diff.changes.length ? String(start + limit) : null;
      const { layers_added, layers_changed, layers_removed } = diff;
      const layers = { layers_added, layers_changed, layers_removed };
      return {
        status: 200,
        body: { from: from.version, to: to.version, changes: shown, ...layers, next_cursor },
      };
    },
    priceCoverage: async ({ query }) => {
      const now = deps.clock.now();
      const to = query.to === undefined ? now : fromApiTime('query.to', query.to);
      const from =
        query.from === undefined ? to - COVERAGE_MS_DEFAULT : fromApiTime('query.from', query.from);
      const book = await deps.prices.latest();
      const { org_id } = query;
      const period = { from, to, ...(org_id === undefined ? {} : { org_id }) };
      const coverage = await coverageOf(deps.ledger, book, period, now);
      return {
        status: 200,
        body: {
          price_version: book.version,
          from: toApiTime(from),
          to: toApiTime(to),
          coverage: coverage.map((each) => ({ ...each, missing: [...each.missing] })),
          next_cursor: null,
        },
      };
    },
  };
}

/** To build the book of an old version again is work, so tenants cannot ask for it. */
function refuseOldVersions(visitor: Visitor, version: string | undefined): void {
  if (version === undefined || visitor.kind === 'provisioning') return;
  if (visitor.kind === 'person' && principalOf(visitor) === null) return;
  throw new Fault('FORBIDDEN', 'Prices of another version are shown to the provisioning key only.');
}

/** The book of a version, or the present one. Throws 404 for a version that there never was. */
export async function bookOf(
  deps: Pick<AdminDependencies, 'prices'>,
  version: string | undefined,
): Promise<PriceBook> {
  if (version === undefined) return deps.prices.latest();
  const book = await deps.prices.book(version);
  if (book === undefined) throw notFound('The price version');
  return book;
}

function toApiVersion(record: PriceVersionRecord): ApiResult<'getPriceVersion'> {
  const { price_version, number, reason, note, created_at, created_by, counts } = record;
  return { price_version, number, reason, note, created_at, created_by, counts: { ...counts } };
}

/** A book never changes under its version, so the position of a row is a cursor. */
function positionOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^\d{1,9}$/.test(cursor)) throw invalidMember('query.cursor', 'is not one of ours');
  return Number(cursor);
}
