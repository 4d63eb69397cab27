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

/** The layout of `prices.json`: a heading of column names, and one list of cells a line. */
interface PriceDocument {
  readonly fields: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

type Line = Readonly<Record<string, string | number>>;

const PROMPT_CLASSES = [
  ['input', 'input_tokens'],
  ['cache_read', 'cache_read_input_tokens'],
  ['cache_write_5m', 'cache_write_5m_input_tokens'],
  ['cache_write_1h', 'cache_write_1h_input_tokens'],
  ['cache_write_30m', 'cache_write_30m_input_tokens'],
] as const;

const PICO_DIGITS = 12;

/** Division that cuts no digit off: prices have few, and are stated for powers of ten of units. */
const Exact = Big();
Exact.DP = 60;

/** An oracle over a price document. Throws where the document has no price, or more than one. */
export function priceOracle(document: PriceDocument): (query: OracleQuery) => string {
  const lines = document.rows.map((cells): Line =>
    Object.fromEntries(document.fields.map((name, i) => [name, cells[i] ?? ''])),
  );
  return (query) => {
    const quantities = quantitiesOf(query.usage);
    const prompt = PROMPT_CLASSES.reduce((sum, [name]) => sum + (quantities.get(name) ?? 0), 0);
    let total = new Exact(0);
    for (const [usageClass, quantity] of quantities) {
      if (quantity === 0) continue;
      const price = lineFor(lines, query, usageClass, prompt);
      const exact = new Exact(quantity).times(String(price['usd'])).div(String(price['per']));
      total = total.plus(exact.round(PICO_DIGITS, Exact.roundHalfUp));
    }
    return total.toFixed();
  };
}

let shipped: ((query: OracleQuery) => string) | undefined;

/** What usage costs by the shipped prices: an exact decimal string of USD, no trailing zeros. */
export function oracleCost(query: OracleQuery): string {
  if (shipped === undefined) {
    const file = new URL('../../core/data/prices.json', import.meta.url);
    shipped = priceOracle(JSON.parse(readFileSync(file, 'utf8')) as PriceDocument);
  }
  return shipped(query);
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

/** The one line that prices a class: of every band that holds the prompt, the latest by date. */
function lineFor(lines: readonly Line[], query: OracleQuery, usageClass: string, prompt: number) {
  const day = new Date(query.at).toISOString().slice(0, 10);
  const latest = new Map<string, Line>();
  for (const line of lines) {
    if (line['model_id'] !== query.model_id || line['usage_class'] !== usageClass) continue;
    if (line['scope'] !== query.scope || line['tier'] !== query.tier) continue;
    if (!String(line['regions']).split(' ').includes(query.region)) continue;
    if (String(line['effective_from']) > day) continue;
    const band = String(line['context_band']);
    if (!holds(band, prompt)) continue;
    const before = latest.get(band);
    if (before === undefined || String(before['effective_from']) < String(line['effective_from'])) {
      latest.set(band, line);
    }
  }
  const [only, ...others] = latest.values();
  const what = `${usageClass} of ${query.model_id} (${query.scope}, ${query.region}) on ${day}`;
  if (only === undefined) throw new RangeError(`no price for ${what}`);
  if (others.length > 0) throw new RangeError(`more than one price for ${what}`);
  return only;
}

function holds(band: string, prompt: number): boolean {
  if (band === 'all') return true;
  const [side, size = ''] = band.split('_');
  const edge = Number(size.replace('k', '000'));
  if (Number.isNaN(edge) || (side !== 'le' && side !== 'gt')) return false;
  return side === 'le' ? prompt <= edge : prompt > edge;
}
