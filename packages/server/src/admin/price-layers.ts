/** Layers over the list prices: put, read, list, take away. Each change is a price version. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiRequest,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import {
  COUNTED_UNITS,
  isCountedClass,
  isTokenClass,
  parseContextBand,
  parsePercent,
  providerOf,
  TOKEN_CLASSES,
  unitPrice,
  type OverrideLayer,
  type PercentLayer,
  type PriceLayer,
} from '@tollkeeper/core';
import type { PriceVersionRecord } from '../prices/price-records.ts';
import type { Visitor } from './access.ts';
import { auditRecord } from './audit-record.ts';
import { changed } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, invalidMember, notFound } from './fault.ts';
import { organizationOf } from './organizations.ts';
import { changingPrices } from './price-imports.ts';
import { fromApiDay, toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['priceLayers'];
type Body = ApiRequest<'putPriceLayer'>['body'];
type ApiLayer = ApiResult<'getPriceLayer'>;

/** Layers of one installation: each is looked at when a card is made. */
const LAYERS_MAX = 10_000;
const TOKENS_PER = 1_000_000;

export function priceLayerHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    setPrice: async ({ body }, visitor) => {
      const { layer_id, note, ...terms } = body;
      const id = layer_id ?? `price-${deps.ids.uuid()}`;
      const { created, layer } = await put(deps, visitor, id, { kind: 'override', ...terms }, note);
      return { status: created ? 201 : 200, body: layer };
    },
    putPriceLayer: async ({ params, body }, visitor) => {
      const { note, ...terms } = body;
      const { created, layer } = await put(deps, visitor, params.layer_id, terms, note);
      return { status: created ? 201 : 200, body: layer };
    },
    getPriceLayer: async ({ params }) => {
      const book = await deps.prices.latest();
      const layer = book.layers.find(({ layer_id }) => layer_id === params.layer_id);
      if (layer === undefined) throw notFound('The price layer');
      return { status: 200, body: toApi(layer, book.version) };
    },
    listPriceLayers: async ({ query }) => {
      const { limit = PAGE_LIMIT_DEFAULT, cursor, org_id } = query;
      const book = await deps.prices.latest();
      const layers = [...book.layers]
        .sort((a, b) => (a.layer_id < b.layer_id ? -1 : 1))
        .filter(
          (layer) =>
            (org_id === undefined || layer.org_id === org_id.toLowerCase()) &&
            (cursor === undefined || layer.layer_id > cursor),
        );
      const shown = layers.slice(0, limit);
      const next_cursor = layers.length > limit ? (shown.at(-1)?.layer_id ?? null) : null;
      const body = { layers: shown.map((layer) => toApi(layer, book.version)), next_cursor };
      return { status: 200, body };
    },
    deletePriceLayer: async ({ params }, visitor) => {
      let before: PriceLayer | undefined;
      const { layer_id } = params;
      await changingPrices(() =>
        deps.prices.changeLayers(
          {
            ...headingOf(null),
            audit: () =>
              recordOf(deps, visitor, layer_id, { before, after: undefined }, before?.org_id),
          },
          (layers) => {
            before = layers.find((layer) => layer.layer_id === layer_id);
            if (before === undefined) throw notFound('The price layer');
            return { put: [], removed: [layer_id] };
          },
        ),
      );
      await changed(deps);
      return { status: 204, body: undefined };
    },
  };
}

async function put(
  deps: AdminDependencies,
  visitor: Visitor,
  layerId: string,
  body: Omit<Body, 'note'>,
  note: string | undefined,
): Promise<{ created: boolean; layer: ApiLayer }> {
  if (body.org_id !== undefined) await organizationOf(deps, body.org_id);
  const after = fromApi(layerId, body, toApiTime(deps.clock.now()).slice(0, 10));
  let before: PriceLayer | undefined;
  const version: PriceVersionRecord = await changingPrices(() =>
    deps.prices.changeLayers(
      {
        ...headingOf(note ?? null),
        audit: () => recordOf(deps, visitor, layerId, { before, after }, after.org_id),
      },
      (layers) => {
        before = layers.find((layer) => layer.layer_id === layerId);
        if (before === undefined && layers.length >= LAYERS_MAX) {
          throw new Fault('INVALID_CONFIG', `There can be at most ${LAYERS_MAX} price layers.`);
        }
        return { put: [after], removed: [] };
      },
    ),
  );
  await changed(deps);
  return { created: before === undefined, layer: toApi(after, version.price_version) };
}

function headingOf(note: string | null) {
  return { reason: 'layer', note, createdBy: 'provisioning_key' } as const;
}

function recordOf(
  deps: AdminDependencies,
  visitor: Visitor,
  layerId: string,
  values: { readonly before: unknown; readonly after: unknown },
  orgId: string | null | undefined,
) {
  const record = auditRecord(
    deps,
    { visitor, org_id: orgId ?? null },
    { kind: 'price_version', id: layerId },
    values,
  );
  return { ...record, resource: 'price_layer' };
}

function fromApi(layerId: string, body: Omit<Body, 'note'>, today: string): PriceLayer {
  const terms = {
    layer_id: layerId,
    org_id: body.org_id?.toLowerCase() ?? null,
    effective_from: fromApiDay('body.effective_from', body.effective_from) ?? today,
    effective_until: fromApiDay('body.effective_until', body.effective_until) ?? null,
  };
  const { effective_from: from, effective_until: until } = terms;
  if (until !== null && until <= from) {
    throw invalidMember('body.effective_until', 'must be later than effective_from');
  }
  return body.kind === 'override' ? overrideOf(body, terms) : percentOf(body, body.kind, terms);
}

/** A price of what no call is counted in would never apply. */
const CLASS_RULE =
  'must be what calls are counted in: ' +
  `${[...TOKEN_CLASSES, ...COUNTED_UNITS].join(', ')}, guardrail_..._unit or ..._request`;

type Terms = Pick<PriceLayer, 'layer_id' | 'org_id' | 'effective_from' | 'effective_until'>;

function overrideOf(body: Omit<Body, 'note'>, terms: Terms): OverrideLayer {
  refuseMembers(body, ['percent', 'provider'], 'an override');
  const { model_id, region, usage_class, usd } = body;
  for (const [name, value] of Object.entries({ model_id, region, usage_class, usd })) {
    if (value === undefined) throw invalidMember(`body.${name}`, 'is missing for an override');
  }
  const usageClass = usage_class ?? '';
  if (!isCountedClass(usageClass)) throw invalidMember('body.usage_class', CLASS_RULE);
  const per = body.per ?? (isTokenClass(usageClass) ? TOKENS_PER : 1);
  const layer: OverrideLayer = {
    kind: 'override',
    ...terms,
    model_id: model_id ?? '',
    region: region ?? '',
    scope: body.scope ?? 'in_region',
    tier: body.tier ?? 'standard',
    usage_class: usageClass,
    context_band: body.context_band ?? 'all',
    usd: usd ?? '',
    per,
  };
  if (isTokenClass(usageClass) && parseContextBand(layer.context_band) === undefined) {
    throw invalidMember('body.context_band', 'must be a band such as all, le_200k or gt_200k');
  }
  try {
    unitPrice(layer.usd, per);
  } catch {
    throw invalidMember('body.per', 'must be a power of ten');
  }
  return layer;
}

function percentOf(
  body: Omit<Body, 'note'>,
  kind: PercentLayer['kind'],
  terms: Terms,
): PercentLayer {
  const others = ['region', 'scope', 'tier', 'usage_class', 'context_band', 'usd', 'per'] as const;
  refuseMembers(body, others, `a ${kind}`);
  const { percent, model_id = null, provider = null } = body;
  if (percent === undefined) throw invalidMember('body.percent', `is missing for a ${kind}`);
  if (parsePercent(kind, percent) === undefined) {
    throw invalidMember('body.percent', `is too large for a ${kind}`);
  }
  if (model_id !== null && provider !== null && providerOf(model_id) !== provider) {
    throw invalidMember('body.provider', 'is not the provider of this model');
  }
  return { kind, ...terms, percent, provider, model_id };
}

function refuseMembers(
  body: Omit<Body, 'note'>,
  members: readonly (keyof Body)[],
  what: string,
): void {
  for (const member of members) {
    if (Object.hasOwn(body, member)) {
      throw invalidMember(`body.${member}`, `does not belong to ${what}`);
    }
  }
}

function toApi(layer: PriceLayer, version: string): ApiLayer {
  const { layer_id, kind, org_id, effective_from, effective_until } = layer;
  const none = {
    provider: null,
    model_id: null,
    region: null,
    scope: null,
    tier: null,
    usage_class: null,
    context_band: null,
    usd: null,
    per: null,
    percent: null,
  };
  return {
    ...none,
    ...layer,
    layer_id,
    kind,
    org_id,
    effective_from,
    effective_until,
    price_version: version,
  };
}
