/** The price book, page by page, as it counts at a moment. */
import { PAGE_LIMIT_DEFAULT, type Handlers, type RESOURCES } from '@tollkeeper/contract';
import { unitPriceUsd } from '@tollkeeper/core';
import type { Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { invalidMember } from './fault.ts';
import { fromApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['prices'];

export function priceHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    listPrices: ({ query }) => {
      const { model_id, region, at, limit = PAGE_LIMIT_DEFAULT } = query;
      const rows = deps.book.find({
        at: at === undefined ? deps.clock.now() : fromApiTime('query.at', at),
        ...(model_id === undefined ? {} : { model_id }),
        ...(region === undefined ? {} : { region }),
      });
      const start = positionOf(query.cursor);
      const end = start + limit;
      const prices = rows.slice(start, end).map((row) => ({
        ...row,
        unit_price_usd: unitPriceUsd(row.usd, row.per),
        sources: [...row.sources],
      }));
      return {
        status: 200,
        body: {
          price_version: deps.book.version,
          prices,
          next_cursor: end < rows.length ? String(end) : null,
        },
      };
    },
  };
}

/** A book never changes under its version, so the position of a row is a cursor. */
function positionOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^\d{1,9}$/.test(cursor)) throw invalidMember('query.cursor', 'is not one of ours');
  return Number(cursor);
}
