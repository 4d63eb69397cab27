/**
 * How price lists name models: a reviewed table from each spelling that an offer uses to the one
 * model id that it means. Lookups are exact; a name that is not in the table is not known.
 */
import { listOf, recordOf, textOf } from '../../catalog/data-file.ts';

/** The parsed table. Every map is from the exact spelling. */
export interface PriceListNames {
  readonly version: string;
  /** Model ids that some name leads to. */
  readonly model_ids: ReadonlySet<string>;
  /** `servicename` of the marketplace offer, without its ` (Amazon Bedrock Edition)`. */
  readonly marketplace: ReadonlyMap<string, string>;
  /** The attributes `model` and `titanModel`. */
  readonly model: ReadonlyMap<string, string>;
  /** Those of them that name the latency-optimized price of the model. */
  readonly latency_optimized: ReadonlySet<string>;
  /** The component of a usage type that names the model, such as `NovaPro`. */
  readonly usage_type: ReadonlyMap<string, string>;
  /** Model ids that only another endpoint knows. */
  readonly other_endpoint: ReadonlySet<string>;
  /** Where long prompts of a model begin, such as `200k`. */
  readonly context_edge: ReadonlyMap<string, string>;
  /** Bands by image size as the usage type states it: `1024` -> `gt_512`. By model. */
  readonly image_band: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

const LISTS = ['marketplace', 'model', 'latency_optimized', 'usage_type'] as const;
const MEMBERS: readonly string[] = [...LISTS, 'model_id', 'context_edge', 'image_band'];
const EDGE = /^\d{1,6}k?$/;
const IMAGE_BAND = /^(?:le|gt)_\d{1,5}$/;

/** Reads parsed `price-list-names.json`. Throws RangeError naming the entry that is not valid. */
export function priceListNames(json: unknown): PriceListNames {
  const file = recordOf(json, 'price-list-names.json');
  const model_ids = new Set<string>();
  const marketplace = new Map<string, string>();
  const model = new Map<string, string>();
  const latency_optimized = new Set<string>();
  const usage_type = new Map<string, string>();
  const context_edge = new Map<string, string>();
  const image_band = new Map<string, ReadonlyMap<string, string>>();

  for (const [index, value] of listOf(file['models'], 'models').entries()) {
    const entry = recordOf(value, `models: entry ${index + 1}`);
    const model_id = textOf(entry['model_id'], `models: entry ${index + 1}: model_id`);
    if (model_ids.has(model_id)) throw new RangeError(`${model_id}: repeated`);
    for (const member of Object.keys(entry)) {
      if (!MEMBERS.includes(member)) throw new RangeError(`${model_id}: no member ${member}`);
    }
    model_ids.add(model_id);
    addNames(marketplace, entry, 'marketplace', model_id);
    addNames(model, entry, 'model', model_id);
    for (const name of addNames(model, entry, 'latency_optimized', model_id)) {
      latency_optimized.add(name);
    }
    addNames(usage_type, entry, 'usage_type', model_id);
    const edge = entry['context_edge'];
    if (edge !== undefined) context_edge.set(model_id, patternOf(edge, EDGE, model_id));
    if (entry['image_band'] !== undefined) image_band.set(model_id, bandsOf(entry, model_id));
  }
  const other_endpoint = new Set(
    listOf(file['other_endpoint'], 'other_endpoint').map((id) => textOf(id, 'other_endpoint')),
  );
  for (const id of other_endpoint) {
    if (model_ids.has(id)) throw new RangeError(`other_endpoint: ${id} has names`);
  }
  return Object.freeze({
    version: textOf(file['version'], 'version'),
    model_ids,
    marketplace,
    model,
    latency_optimized,
    usage_type,
    other_endpoint,
    context_edge,
    image_band,
  });
}

function addNames(
  into: Map<string, string>,
  entry: Readonly<Record<string, unknown>>,
  member: (typeof LISTS)[number],
  model_id: string,
): readonly string[] {
  const value = entry[member];
  if (value === undefined) return [];
  const where = `${model_id}: ${member}`;
  const names = listOf(value, where).map((name) => textOf(name, where));
  for (const name of names) {
    const other = into.get(name);
    if (other !== undefined) throw new RangeError(`${where}: ${name} already means ${other}`);
    into.set(name, model_id);
  }
  return names;
}

function bandsOf(
  entry: Readonly<Record<string, unknown>>,
  model_id: string,
): ReadonlyMap<string, string> {
  const bands = Object.entries(recordOf(entry['image_band'], `${model_id}: image_band`));
  return new Map(bands.map(([size, band]) => [size, patternOf(band, IMAGE_BAND, model_id)]));
}

function patternOf(value: unknown, pattern: RegExp, where: string): string {
  const text = textOf(value, where);
  if (!pattern.test(text)) throw new RangeError(`${where}: ${text} is not of the form ${pattern}`);
  return text;
}
