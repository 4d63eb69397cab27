/**
 * The foundation models that the control plane tells of, with what AWS says of each. Fewer than the
 * real list; the runtime answers for every id of a known family, listed here or not.
 */

type Modality = 'TEXT' | 'IMAGE' | 'VIDEO' | 'EMBEDDING';

/** One foundation model. */
export interface FoundationModel {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly input: readonly Modality[];
  readonly output: readonly Modality[];
  readonly streams: boolean;
  readonly customizations: readonly string[];
  readonly inference: readonly string[];
  readonly legacy: boolean;
  /** The cross-region prefixes of its system profiles. */
  readonly prefixes: readonly string[];
  /** Regions that have it; null: all. */
  readonly regions: RegExp | null;
}

type Facts = Partial<Omit<FoundationModel, 'id' | 'name' | 'provider'>>;

const ON_DEMAND = ['ON_DEMAND'] as const;
const BOTH = ['ON_DEMAND', 'PROVISIONED'] as const;
const PROFILE = ['INFERENCE_PROFILE'] as const;
const FINE_TUNED = ['FINE_TUNING'] as const;
const SEES = ['TEXT', 'IMAGE'] as const;
const GEO = ['us', 'eu', 'apac'] as const;

function model(provider: string, id: string, name: string, facts: Facts = {}): FoundationModel {
  return {
    id,
    name,
    provider,
    input: ['TEXT'],
    output: ['TEXT'],
    streams: true,
    customizations: [],
    inference: ON_DEMAND,
    legacy: false,
    prefixes: [],
    regions: null,
    ...facts,
  };
}

const EMBEDS: Facts = { output: ['EMBEDDING'], streams: false, inference: BOTH };
const DRAWS: Facts = { input: SEES, output: ['IMAGE'], streams: false, inference: BOTH };

/** In the order of the list that AWS answers with: by provider. */
export const FOUNDATION_MODELS: readonly FoundationModel[] = [
  model('AI21 Labs', 'ai21.jamba-1-5-mini-v1:0', 'Jamba 1.5 Mini'),
  model('Amazon', 'amazon.nova-micro-v1:0', 'Nova Micro', {
    inference: BOTH,
    customizations: FINE_TUNED,
    prefixes: GEO,
  }),
  model('Amazon', 'amazon.nova-lite-v1:0', 'Nova Lite', {
    input: ['TEXT', 'IMAGE', 'VIDEO'],
    inference: BOTH,
    customizations: FINE_TUNED,
    prefixes: GEO,
  }),
  model('Amazon', 'amazon.nova-pro-v1:0', 'Nova Pro', {
    input: ['TEXT', 'IMAGE', 'VIDEO'],
    inference: BOTH,
    customizations: FINE_TUNED,
    prefixes: GEO,
  }),
  model('Amazon', 'amazon.nova-premier-v1:0', 'Nova Premier', {
    input: ['TEXT', 'IMAGE', 'VIDEO'],
    inference: PROFILE,
    prefixes: ['us'],
    regions: /^us-(east|west)-/,
  }),
  model('Amazon', 'amazon.nova-canvas-v1:0', 'Nova Canvas', DRAWS),
  model('Amazon', 'amazon.titan-text-express-v1', 'Titan Text G1 - Express', {
    inference: BOTH,
    customizations: FINE_TUNED,
    legacy: true,
  }),
  model('Amazon', 'amazon.titan-embed-text-v2:0', 'Titan Text Embeddings V2', EMBEDS),
  model('Amazon', 'amazon.titan-embed-image-v1', 'Titan Multimodal Embeddings G1', {
    ...EMBEDS,
    input: SEES,
    customizations: FINE_TUNED,
  }),
  model('Amazon', 'amazon.titan-image-generator-v2:0', 'Titan Image Generator G1 v2', DRAWS),
  model('Anthropic', 'anthropic.claude-v2:1', 'Claude', { inference: BOTH, legacy: true }),
  model('Anthropic', 'anthropic.claude-3-haiku-20240307-v1:0', 'Claude 3 Haiku', {
    input: SEES,
    inference: BOTH,
    customizations: FINE_TUNED,
    prefixes: GEO,
  }),
  model('Anthropic', 'anthropic.claude-3-sonnet-20240229-v1:0', 'Claude 3 Sonnet', {
    input: SEES,
    inference: BOTH,
    legacy: true,
    prefixes: GEO,
  }),
  model('Anthropic', 'anthropic.claude-3-5-sonnet-20240620-v1:0', 'Claude 3.5 Sonnet', {
    input: SEES,
    inference: BOTH,
    prefixes: GEO,
  }),
  model('Anthropic', 'anthropic.claude-sonnet-4-5-20250929-v1:0', 'Claude Sonnet 4.5', {
    input: SEES,
    inference: PROFILE,
    prefixes: ['us', 'eu', 'jp', 'au', 'global'],
  }),
  model('Anthropic', 'anthropic.claude-haiku-4-5-20251001-v1:0', 'Claude Haiku 4.5', {
    input: SEES,
    inference: PROFILE,
    prefixes: ['us', 'eu', 'jp', 'au', 'global'],
  }),
  model('Cohere', 'cohere.command-r-plus-v1:0', 'Command R+'),
  model('Cohere', 'cohere.embed-english-v3', 'Embed English', EMBEDS),
  model('DeepSeek', 'deepseek.r1-v1:0', 'DeepSeek-R1', { inference: PROFILE, prefixes: ['us'] }),
  model('Meta', 'meta.llama3-1-8b-instruct-v1:0', 'Llama 3.1 8B Instruct', {
    inference: BOTH,
    prefixes: ['us'],
  }),
  model('Meta', 'meta.llama3-3-70b-instruct-v1:0', 'Llama 3.3 70B Instruct', {
    inference: PROFILE,
    prefixes: ['us'],
  }),
  model('Mistral AI', 'mistral.mistral-7b-instruct-v0:2', 'Mistral 7B Instruct'),
  model('OpenAI', 'openai.gpt-oss-120b-1:0', 'gpt-oss-120b'),
  model('Qwen', 'qwen.qwen3-32b-v1:0', 'Qwen3 32B (dense)'),
  model('Stability AI', 'stability.sd3-5-large-v1:0', 'Stable Diffusion 3.5 Large', {
    ...DRAWS,
    inference: ON_DEMAND,
    regions: /^us-west-2$/,
  }),
];
