/** Prices of unit hours of provisioned throughput: state, read, list and withdraw. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiResult,
  type Handlers,
  type OperationName,
} from '@tollkeeper/contract';
import { formatUsd, parseUsd } from '@tollkeeper/core';
import { unitHourDocument, type Term, type UnitHourPriceRecord } from '../catalog/pool-records.ts';
import { NO_PARENT } from '../catalog/records.ts';
import { withStep } from '../prices/unit-hours.ts';
import type { Visitor } from './access.ts';
import { page, replace, withdraw } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, invalidMember, notFound } from './fault.ts';
import { fromApiTime, toApiTime } from './time.ts';

const KIND = 'unit_hour_price';
const WHAT = 'The price of a unit hour';
/** Prices of one model and commitment over time. */
const STEPS_MAX = 500;

type Names = Extract<
  OperationName,
  'putUnitHourPrice' | 'getUnitHourPrice' | 'listUnitHourPrices' | 'deleteUnitHourPrice'
>;

export function unitHourPriceHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    putUnitHourPrice: async ({ params, body }, visitor) => {
      const price = parseUsd(body.unit_hour_usd);
      if (price === undefined) throw invalidMember('body.unit_hour_usd', 'is not an amount in USD');
      const from =
        body.effective_from === undefined
          ? null
          : toApiTime(fromApiTime('body.effective_from', body.effective_from));
      const now = toApiTime(deps.clock.now());
      const { record, created } = await replace<UnitHourPriceRecord>(
        deps,
        { kind: KIND, id: idOf(params), parent: NO_PARENT },
        { visitor, org_id: null, resource_id: idOf(params) },
        (before) => {
          const prices = withStep(before?.prices ?? [], formatUsd(price), from, now);
          if (prices.length > STEPS_MAX) {
            throw new Fault('INVALID_CONFIG', `There are ${STEPS_MAX} prices already.`);
          }
          return { ...params, prices, updated_at: now };
        },
      );
      return { status: created ? 201 : 200, body: toApi(record) };
    },
    getUnitHourPrice: async ({ params }) => {
      const item = await deps.catalog.get<UnitHourPriceRecord>(KIND, idOf(params));
      if (item === undefined) throw notFound(WHAT);
      return { status: 200, body: toApi(item.value) };
    },
    listUnitHourPrices: async ({ query }) => {
      const { items, next_cursor } = await page<UnitHourPriceRecord>(
        deps,
        KIND,
        undefined,
        query,
        PAGE_LIMIT_DEFAULT,
      );
      return { status: 200, body: { unit_hour_prices: items.map(toApi), next_cursor } };
    },
    deleteUnitHourPrice: async ({ params }, visitor) => {
      const id = idOf(params);
      await withdraw(deps, { kind: KIND, id }, { visitor, org_id: null, resource_id: id }, WHAT);
      return { status: 204, body: undefined };
    },
  };
}

function idOf(params: { readonly model_id: string; readonly commitment: Term }): string {
  return unitHourDocument(params.model_id, params.commitment);
}

function toApi(record: UnitHourPriceRecord): ApiResult<'getUnitHourPrice'> {
  return { ...record, prices: record.prices.map((step) => ({ ...step })) };
}
