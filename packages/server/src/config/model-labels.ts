/**
 * Labels: names for model targets, such as `premium`. They come from the settings file; a product
 * without any has those of development.
 */

/** What the operator says of a label. Prices are the last resort, after the price book. */
export interface LabelFacts {
  readonly label: string;
  /** `profile`: the id is an inference profile, which stands for a model in each region. */
  readonly type: 'model' | 'profile';
  /** Model id, inference profile id or ARN: what callers pass to Bedrock. */
  readonly id: string;
  readonly description: string;
  readonly tier: string | null;
  readonly family: string | null;
  /** Micro-USD for a million tokens. */
  readonly input_price_usd_micros_per_1m: number | null;
  readonly output_price_usd_micros_per_1m: number | null;
}

/** Labels by name, in the order of the file. */
export type ModelLabels = ReadonlyMap<string, LabelFacts>;

function model(
  label: string,
  id: string,
  description: string,
  [input, output]: readonly [number, number],
): readonly [string, LabelFacts] {
  const facts: LabelFacts = {
    label,
    type: 'model',
    id,
    description,
    tier: label,
    family: 'nova',
    input_price_usd_micros_per_1m: input,
    output_price_usd_micros_per_1m: output,
  };
  return [label, Object.freeze(facts)];
}

/** The labels of a product whose settings file names none; prices of us-east-1. */
export const DEVELOPMENT_LABELS: ModelLabels = new Map([
  model('premium', 'amazon.nova-pro-v1:0', 'Amazon Nova Pro: most capable', [800_000, 3_200_000]),
  model(
    'standard',
    'amazon.nova-2-lite-v1:0',
    'Amazon Nova 2 Lite: fast, cheaper',
    [330_000, 2_750_000],
  ),
  model('economy', 'amazon.nova-micro-v1:0', 'Amazon Nova Micro: cheapest', [35_000, 140_000]),
  model(
    'ultra_premium',
    'amazon.nova-pro-v1:0',
    'Amazon Nova Pro, on a quota of its own',
    [800_000, 3_200_000],
  ),
]);
