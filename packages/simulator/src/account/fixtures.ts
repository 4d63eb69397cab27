/**
 * What the simulated account owns: application inference profiles, prompt routers, provisioned,
 * imported and deployed models, guardrails. A file of the same JSON replaces the built-in account
 * (`--fixtures FILE`); the README describes it.
 */
import { asList, asObject, asString, type JsonObject } from '../model/json.ts';

/** An application inference profile: a copy of a model in one region, or of a system profile. */
export interface ProfileFixture {
  readonly arn: string;
  readonly name: string;
  /** A model id, with the cross-region prefix of the system profile that was copied, if any. */
  readonly copied_from: string;
}

/** A prompt router: it chooses one of its models for each request. */
export interface RouterFixture {
  readonly arn: string;
  readonly name: string;
  /** Model ids, with or without a cross-region prefix. */
  readonly models: readonly string[];
  readonly fallback_model: string;
}

/** A provisioned, imported or deployed model; it speaks like a foundation model. */
export interface OwnModelFixture {
  readonly arn: string;
  readonly name: string;
  /** The foundation model that it is made of, or that it speaks like. */
  readonly base_model: string;
}

/** What a guardrail looks at; each policy counts its own units. */
export const POLICIES = [
  'topic',
  'content',
  'word',
  'sensitive_information',
  'regex',
  'contextual_grounding',
  'content_image',
  'automated_reasoning',
] as const;
export type Policy = (typeof POLICIES)[number];

/** A guardrail: it intervenes when a text contains one of its words. */
export interface GuardrailFixture {
  readonly arn: string;
  readonly name: string;
  /** Besides `DRAFT`. */
  readonly versions: readonly string[];
  readonly policies: readonly Policy[];
  readonly trigger_words: readonly string[];
  readonly blocked_input: string;
  readonly blocked_output: string;
}

/** Everything that the account owns. */
export interface Fixtures {
  readonly inference_profiles: readonly ProfileFixture[];
  readonly prompt_routers: readonly RouterFixture[];
  readonly provisioned_models: readonly OwnModelFixture[];
  readonly imported_models: readonly OwnModelFixture[];
  readonly custom_model_deployments: readonly OwnModelFixture[];
  readonly guardrails: readonly GuardrailFixture[];
}

const OWNED = 'arn:aws:bedrock:us-east-1:123456789012';
const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
const SONNET_45 = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

/** The account that a simulator has when it is given none. */
export const DEFAULT_FIXTURES: Fixtures = {
  inference_profiles: [
    {
      arn: `${OWNED}:application-inference-profile/simclaudegeo`,
      name: 'simulated-claude-geo',
      copied_from: `us.${SONNET_45}`,
    },
    {
      arn: `${OWNED}:application-inference-profile/simclaudeall`,
      name: 'simulated-claude-global',
      copied_from: `global.${SONNET_45}`,
    },
    {
      arn: `${OWNED}:application-inference-profile/simnovalite0`,
      name: 'simulated-nova-lite',
      copied_from: 'amazon.nova-lite-v1:0',
    },
  ],
  prompt_routers: [
    {
      arn: `${OWNED}:default-prompt-router/anthropic.claude:1`,
      name: 'Anthropic Prompt Router',
      models: [`us.${HAIKU}`, 'us.anthropic.claude-3-5-sonnet-20240620-v1:0'],
      fallback_model: 'us.anthropic.claude-3-5-sonnet-20240620-v1:0',
    },
    {
      arn: `${OWNED}:prompt-router/simrouternov`,
      name: 'simulated-nova-router',
      models: ['amazon.nova-lite-v1:0', 'amazon.nova-pro-v1:0'],
      fallback_model: 'amazon.nova-pro-v1:0',
    },
  ],
  provisioned_models: [
    {
      arn: `${OWNED}:provisioned-model/simprovision`,
      name: 'simulated-haiku',
      base_model: HAIKU,
    },
  ],
  imported_models: [
    {
      arn: `${OWNED}:imported-model/simimported1`,
      name: 'simulated-llama',
      base_model: 'meta.llama3-1-8b-instruct-v1:0',
    },
  ],
  custom_model_deployments: [
    {
      arn: `${OWNED}:custom-model-deployment/simdeploy001`,
      name: 'simulated-nova-micro',
      base_model: 'amazon.nova-micro-v1:0',
    },
  ],
  guardrails: [
    {
      arn: `${OWNED}:guardrail/simguardrail`,
      name: 'simulated-guardrail',
      versions: ['1'],
      policies: ['topic', 'content', 'word', 'sensitive_information', 'regex'],
      trigger_words: ['forbidden'],
      blocked_input: 'Sorry, I cannot answer that.',
      blocked_output: 'Sorry, I cannot say that.',
    },
    {
      arn: `${OWNED}:guardrail/simguardfull`,
      name: 'simulated-guardrail-of-everything',
      versions: ['1'],
      policies: POLICIES,
      trigger_words: ['forbidden'],
      blocked_input: 'Sorry, I cannot answer that.',
      blocked_output: 'Sorry, I cannot say that.',
    },
  ],
};

/** The members that must be there in each kind, and whether they are texts or lists of them. */
const OWN_MODEL = { arn: 'text', name: 'text', base_model: 'text' } as const;
const SHAPES: Readonly<Record<keyof Fixtures, Readonly<Record<string, 'text' | 'texts'>>>> = {
  inference_profiles: { arn: 'text', name: 'text', copied_from: 'text' },
  prompt_routers: { arn: 'text', name: 'text', models: 'texts', fallback_model: 'text' },
  provisioned_models: OWN_MODEL,
  imported_models: OWN_MODEL,
  custom_model_deployments: OWN_MODEL,
  guardrails: {
    arn: 'text',
    name: 'text',
    versions: 'texts',
    policies: 'texts',
    trigger_words: 'texts',
    blocked_input: 'text',
    blocked_output: 'text',
  },
};

/**
 * Reads the JSON of a fixture file; a kind that it leaves out has no members. Throws an error that
 * names the first member that is wrong.
 */
export function readFixtures(json: string): Fixtures {
  const file = asObject(JSON.parse(json));
  if (file === null) throw new Error('The fixtures are a JSON object.');
  const unknown = Object.keys(file).find((kind) => !Object.hasOwn(SHAPES, kind));
  if (unknown !== undefined) throw new Error(`There are no fixtures '${unknown}'.`);
  const kinds = Object.keys(SHAPES) as (keyof Fixtures)[];
  const read = Object.fromEntries(kinds.map((kind) => [kind, readKind(kind, file[kind] ?? [])]));
  return read as unknown as Fixtures;
}

function readKind(kind: keyof Fixtures, value: unknown): readonly JsonObject[] {
  const list = asList(value);
  if (list === null) throw new Error(`The fixtures '${kind}' are a list.`);
  return list.map((entry, index) => {
    const fixture = asObject(entry) ?? {};
    for (const [member, form] of Object.entries(SHAPES[kind])) {
      if (isOfForm(fixture[member], form, member)) continue;
      throw new Error(`The fixture ${kind}[${index}] has no usable '${member}'.`);
    }
    return fixture;
  });
}

function isOfForm(value: unknown, form: 'text' | 'texts', member: string): boolean {
  if (form === 'text') return asString(value) !== null;
  const list = asList(value);
  if (list === null) return false;
  const known: readonly unknown[] | null = member === 'policies' ? POLICIES : null;
  return list.every((entry) => (known === null ? asString(entry) !== null : known.includes(entry)));
}
