/**
 * The shipped catalogue: prices and model facts as data files, read here into a price book and a
 * map of models. The caller reads the files; this checks every row and says which one is wrong. How
 * the files are laid out is described in `packages/core/data/README.md`.
 */
import type { PriceRow, PriceScope } from '../pricing/price.ts';
import type { PriceBook } from '../pricing/price-book.ts';
import { priceBook } from '../pricing/price-book.ts';
import { GUARDRAIL_MODEL_ID } from '../pricing/units.ts';
import { listOf, recordOf, textOf } from './data-file.ts';
import {
  BODY_FAMILIES,
  INPUT_MODALITIES,
  MODEL_KINDS,
  type BodyFamily,
  type InputModality,
  type ModelFacts,
} from './model.ts';

/** Everything the product knows of models: what they cost, and what bounds them. */
export interface Catalogue {
  readonly book: PriceBook;
  /** By model id without prefix. */
  readonly models: ReadonlyMap<string, ModelFacts>;
}

/**
 * Reads parsed `prices.json` and `models.json`. Throws RangeError naming the row that is not valid.
 */
export function catalogueFrom(pricesJson: unknown, modelsJson: unknown): Catalogue {
  const { rows, version } = pricesFrom(pricesJson);
  const models = modelsFrom(modelsJson);
  for (const { model_id } of rows) {
    // Guardrail units have prices but are no model: nothing bounds them beside their number.
    if (model_id === GUARDRAIL_MODEL_ID || models.has(model_id)) continue;
    throw new RangeError(`models.json: no row for ${model_id}`);
  }
  return Object.freeze({ book: priceBook(rows, version), models });
}

const PRICE_FIELDS = [
  'model_id',
  'regions',
  'scope',
  'tier',
  'usage_class',
  'context_band',
  'effective_from',
  'usd',
  'per',
  'confidence',
  'sources',
] as const;

const SCOPES: readonly string[] = ['in_region', 'geo', 'global'] satisfies PriceScope[];
const CONFIDENCES: readonly string[] = ['high', 'medium', 'low'];
function pricesFrom(json: unknown): { rows: PriceRow[]; version: string } {
  const file = recordOf(json, 'prices.json');
  const version = textOf(file['version'], 'prices.json: version');
  const legend = recordOf(file['sources'], 'prices.json: sources');
  const fields = listOf(file['fields'], 'prices.json: fields');
  if (fields.join() !== PRICE_FIELDS.join()) {
    throw new RangeError(`prices.json: fields are ${PRICE_FIELDS.join()}`);
  }
  const rows: PriceRow[] = [];
  for (const [index, line] of listOf(file['rows'], 'prices.json: rows').entries()) {
    const where = `prices.json: row ${index + 1}`;
    const cells = listOf(line, where);
    if (cells.length !== PRICE_FIELDS.length) {
      throw new RangeError(`${where}: has ${cells.length} cells instead of ${PRICE_FIELDS.length}`);
    }
    rows.push(...priceRows(cells, legend, where));
  }
  return { rows, version };
}

/** One line states one price for the regions that it lists, each of which becomes a row. */
function priceRows(
  cells: readonly unknown[],
  legend: Readonly<Record<string, unknown>>,
  where: string,
): PriceRow[] {
  const cell = (field: (typeof PRICE_FIELDS)[number]): unknown =>
    cells[PRICE_FIELDS.indexOf(field)];
  const text = (field: (typeof PRICE_FIELDS)[number]): string =>
    textOf(cell(field), `${where}: ${field}`);
  const sources = wordsOf(text('sources'), `${where}: sources`);
  for (const source of sources) {
    if (!Object.hasOwn(legend, source)) throw new RangeError(`${where}: no source ${source}`);
  }
  const per = countOf(cell('per'), `${where}: per`);
  const shared = {
    model_id: text('model_id'),
    scope: oneOf<PriceScope>(text('scope'), SCOPES, `${where}: scope`),
    tier: text('tier'),
    usage_class: text('usage_class'),
    context_band: text('context_band'),
    effective_from: text('effective_from'),
    usd: text('usd'),
    per,
    confidence: oneOf<PriceRow['confidence']>(
      text('confidence'),
      CONFIDENCES,
      `${where}: confidence`,
    ),
    sources,
  };
  return wordsOf(text('regions'), `${where}: regions`).map((region) => {
    if (!/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(region)) {
      throw new RangeError(`${where}: no region ${region}`);
    }
    return { ...shared, region };
  });
}

function modelsFrom(json: unknown): Map<string, ModelFacts> {
  const file = recordOf(json, 'models.json');
  const legend = recordOf(file['sources'], 'models.json: sources');
  const models = new Map<string, ModelFacts>();
  for (const [index, value] of listOf(file['models'], 'models.json: models').entries()) {
    const row = recordOf(value, `models.json: model ${index + 1}`);
    const model_id = textOf(row['model_id'], `models.json: model ${index + 1}: model_id`);
    const where = `models.json: ${model_id}`;
    if (models.has(model_id)) throw new RangeError(`${where}: repeated`);
    models.set(model_id, modelOf(row, model_id, legend, where));
  }
  return models;
}

function modelOf(
  row: Readonly<Record<string, unknown>>,
  model_id: string,
  legend: Readonly<Record<string, unknown>>,
  where: string,
): ModelFacts {
  const sources = listOf(row['sources'], `${where}: sources`).map((source) =>
    textOf(source, `${where}: sources`),
  );
  for (const source of sources) {
    if (!Object.hasOwn(legend, source)) throw new RangeError(`${where}: no source ${source}`);
  }
  const maximum = (field: string): number | null =>
    row[field] === null ? null : countOf(row[field], `${where}: ${field}`);
  const facts: ModelFacts = {
    model_id,
    provider: textOf(row['provider'], `${where}: provider`),
    family: oneOf<BodyFamily>(row['family'], BODY_FAMILIES, `${where}: family`),
    kind: oneOf<ModelFacts['kind']>(row['kind'], MODEL_KINDS, `${where}: kind`),
    ...modalitiesOf(row['input_modalities'], `${where}: input_modalities`),
    context_window: maximum('context_window'),
    extended_context_window: maximum('extended_context_window'),
    max_output_tokens: maximum('max_output_tokens'),
    default_max_tokens: maximum('default_max_tokens'),
    explicit_cache: flagOf(row['explicit_cache'], `${where}: explicit_cache`),
    sources,
  };
  const stated =
    facts.input_modalities !== undefined ||
    facts.context_window !== null ||
    facts.max_output_tokens !== null ||
    facts.default_max_tokens !== null;
  if (stated && sources.length === 0)
    throw new RangeError(`${where}: what is stated needs a source`);
  return Object.freeze(facts);
}

function modalitiesOf(value: unknown, where: string): Pick<ModelFacts, 'input_modalities'> {
  if (value === undefined) return {};
  const modalities = listOf(value, where).map((each) =>
    oneOf<InputModality>(each, INPUT_MODALITIES, where),
  );
  if (modalities.length === 0) throw new RangeError(`${where}: is empty`);
  return { input_modalities: Object.freeze(modalities) };
}

function flagOf(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') throw new RangeError(`${where}: not true or false`);
  return value;
}

function countOf(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${where}: not a positive integer`);
  }
  return value;
}

/** Words with one blank between them, at least one and none twice. */
function wordsOf(text: string, where: string): string[] {
  const words = text.split(' ');
  if (words.includes('') || new Set(words).size !== words.length) {
    throw new RangeError(`${where}: not a list of words`);
  }
  return words;
}

function oneOf<T extends string>(value: unknown, known: readonly string[], where: string): T {
  if (typeof value !== 'string' || !known.includes(value)) {
    throw new RangeError(`${where}: not one of ${known.join(', ')}`);
  }
  return value as T;
}
