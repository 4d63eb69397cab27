/**
 * An independent opinion of what usage costs: it reads the shipped price data itself and computes
 * with another arithmetic library. It shares no code with the product, so that where both agree,
 * both would have to be wrong in the same way. It refuses to answer rather than to guess.
 */
import { readFileSync } from 'node:fs';
import Big from 'big.js';

/** Usage in the names of the API. Members that are absent count as zero. */
export interface OracleUsage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_input_tokens?: number;
  readonly cache_write_5m_input_tokens?: number;
  readonly cache_write_1h_input_tokens?: number;
  readonly cache_write_30m_input_tokens?: number;
  readonly units?: Readonly<Record<string, number>>;
}

export interface OracleQuery {
  /** Without a cross-region prefix. */
  readonly model_id: string;
  /** The region that was called. */
  readonly region: string;
  readonly scope: 'in_region' | 'geo' | 'global';
  readonly tier: string;
  /** Moment of dispatch, milliseconds since the epoch. */
  readonly at: number;
  readonly usage: OracleUsage;
}

/**
 * An exact decimal string of USD for each class or unit that was used; null: it has no price. In no
 * particular order.
 */
export type OracleAmounts = ReadonlyMap<string, string | null>;

/** The layout of `prices.json`: a heading of column names, and one list of cells a line. */
export interface PriceDocument {
  readonly fields: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Questions that a price document answers. Both throw where it has more than one price. */
export interface Oracle {
  /** Sum of all amounts, no trailing zeros. Throws where one has no price. */
  cost(query: OracleQuery): string;
  amounts(query: OracleQuery): OracleAmounts;
}

type Line = Readonly<Record<string, string | number>>;

const PROMPT_CLASSES = [
  ['input', 'input_tokens'],
  ['cache_read', 'cache_read_input_tokens'],
  ['cache_write_5m', 'cache_write_5m_input_tokens'],
  ['cache_write_1h', 'cache_write_1h_input_tokens'],
  ['cache_write_30m', 'cache_write_30m_input_tokens'],
] as const;

/** Guardrail units are no model's: their prices stand under this id, in region. */
const GUARDRAILS = { model_id: 'amazon.bedrock-guardrails', scope: 'in_region', tier: 'standard' };

const PICO_DIGITS = 12;

/** Division that cuts no digit off: prices have few, and are stated for powers of ten of units. */
const Exact = Big();
Exact.DP = 60;

/** An oracle over a price document. */
export function priceOracle(document: PriceDocument): Oracle {
  const lines = new Map<string, Line[]>();
  for (const cells of document.rows) {
    const line: Line = Object.fromEntries(document.fields.map((name, i) => [name, cells[i] ?? '']));
    for (const region of String(line['regions']).split(' ')) {
      const where = [line['model_id'], region, line['scope'], line['tier'], line['usage_class']];
      const key = where.join(' ');
      lines.set(key, [...(lines.get(key) ?? []), line]);
    }
  }
  const amounts = (query: OracleQuery): Map<string, string | null> => {
    const quantities = quantitiesOf(query.usage);
    const prompt = PROMPT_CLASSES.reduce((sum, [name]) => sum + (quantities.get(name) ?? 0), 0);
    const found = new Map<string, string | null>();
    for (const [name, quantity] of quantities) {
      if (quantity === 0) continue;
      const price = lineFor(lines, query, name, prompt);
      found.set(name, price === null ? null : amountOf(quantity, price));
    }
    return found;
  };
  return { amounts, cost: (query) => sumOf(amounts(query), query) };
}

let shipped: Oracle | undefined;

/** The oracle over the shipped prices. */
export function shippedOracle(): Oracle {
  if (shipped === undefined) {
    const file = new URL('../../core/data/prices.json', import.meta.url);
    shipped = priceOracle(JSON.parse(readFileSync(file, 'utf8')) as PriceDocument);
  }
  return shipped;
}

/** What usage costs by the shipped prices: an exact decimal string of USD, no trailing zeros. */
export function oracleCost(query: OracleQuery): string {
  return shippedOracle().cost(query);
}

/**
 * Splits a model id as a caller names it into the id that prices go by and the scope that its
 * prefix stands for: `us.` and its like are `geo`, `global.` is `global`, a bare id is `in_region`.
 */
export function oracleModel(named: string): Pick<OracleQuery, 'model_id' | 'scope'> {
  const [prefix = '', ...rest] = named.split('.');
  const model_id = rest.join('.');
  if (prefix === 'global') return { model_id, scope: 'global' };
  if (/^(us|eu|apac|jp|au|ca|in|us-gov)$/.test(prefix)) return { model_id, scope: 'geo' };
  return { model_id: named, scope: 'in_region' };
}

function quantitiesOf(usage: OracleUsage): Map<string, number> {
  const quantities = new Map<string, number>(Object.entries(usage.units ?? {}));
  for (const [name, field] of PROMPT_CLASSES) quantities.set(name, usage[field] ?? 0);
  quantities.set('output', usage.output_tokens ?? 0);
  return quantities;
}

function amountOf(quantity: number, price: Line): string {
  const exact = new Exact(quantity).times(String(price['usd'])).div(String(price['per']));
  return exact.round(PICO_DIGITS, Exact.roundHalfUp).toFixed();
}

function sumOf(amounts: OracleAmounts, { model_id, scope, region, at }: OracleQuery): string {
  let total = new Exact(0);
  for (const [name, amount] of amounts) {
    if (amount === null) {
      const what = `${name} of ${model_id} (${scope}, ${region}) on ${dayOf(at)}`;
      throw new RangeError(`no price for ${what}`);
    }
    total = total.plus(amount);
  }
  return total.toFixed();
}

/** The one line that prices a class or unit, or null. */
function lineFor(
  lines: ReadonlyMap<string, readonly Line[]>,
  query: OracleQuery,
  name: string,
  prompt: number,
): Line | null {
  const { model_id, scope, tier } = name.startsWith('guardrail_') ? GUARDRAILS : query;
  const image = /^image:(\d+):(\w+)$/.exec(name);
  const key = [model_id, query.region, scope, tier, image === null ? name : 'image'].join(' ');
  const inForce = latestByBand(lines.get(key) ?? [], dayOf(query.at));
  if (image !== null) return imageLine(inForce, Number(image[1]), image[2] ?? '');
  const [only, ...others] = inForce.filter((line) => holds(String(line['context_band']), prompt));
  if (others.length > 0) throw new RangeError(`more than one price for ${name} (${key})`);
  return only ?? null;
}

/** Of every band the latest line that has begun. */
function latestByBand(lines: readonly Line[], day: string): Line[] {
  const latest = new Map<string, Line>();
  for (const line of lines) {
    const band = String(line['context_band']);
    if (String(line['effective_from']) > day) continue;
    const before = latest.get(band);
    if (before === undefined || String(before['effective_from']) < String(line['effective_from'])) {
      latest.set(band, line);
    }
  }
  return [...latest.values()];
}

/** One price for all images, or the narrowest range of sides in this quality. */
function imageLine(lines: readonly Line[], side: number, quality: string): Line | null {
  const forAll = lines.find((line) => line['context_band'] === 'all');
  if (forAll !== undefined) return forAll;
  let best: { readonly line: Line; readonly width: number; readonly edge: number } | undefined;
  for (const line of lines) {
    const [range = '', of] = String(line['context_band']).split(':');
    if (of !== quality || !holds(range, side)) continue;
    const edge = edgeOf(range);
    const width = range.startsWith('le') ? edge : Infinity;
    const narrower =
      best === undefined || width < best.width || (width === best.width && edge > best.edge);
    if (narrower) best = { line, width, edge };
  }
  return best?.line ?? null;
}

function holds(band: string, size: number): boolean {
  if (band === 'all') return true;
  const edge = edgeOf(band);
  if (Number.isNaN(edge)) return false;
  return band.startsWith('le_') ? size <= edge : size > edge;
}

function edgeOf(band: string): number {
  const [, side, size = ''] = /^(le|gt)_(\d+k?)$/.exec(band) ?? [];
  return side === undefined ? Number.NaN : Number(size.replace('k', '000'));
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
