/**
 * What a guardrail makes of a text: whether it intervenes, and the units that each of its policies
 * counts - one for each 1000 characters begun, one for each image.
 */
import type { Fixtures, GuardrailFixture, Policy } from '../account/fixtures.ts';
import { characters } from '../generate/tokenizer.ts';
import type { Guarded, Units } from '../model/ask.ts';

/** Which side of a call is assessed. */
export type Side = 'input' | 'output';

/** The outcome for one text. */
export interface Assessment {
  readonly guardrail: GuardrailFixture;
  readonly intervened: boolean;
  /** The trigger word that was found. */
  readonly match: string | null;
  readonly characters: number;
  readonly images: number;
  readonly counts: Readonly<Record<Policy, number>>;
}

const CHARACTERS_PER_UNIT = 1000;

/** The names that policies have in AWS's `usage`, and those of their prices. */
const NAMES: Readonly<Record<Policy, readonly [string, string]>> = {
  topic: ['topicPolicyUnits', 'guardrail_topic_policy_unit'],
  content: ['contentPolicyUnits', 'guardrail_content_policy_unit'],
  word: ['wordPolicyUnits', 'guardrail_word_policy_unit'],
  sensitive_information: [
    'sensitiveInformationPolicyUnits',
    'guardrail_sensitive_information_policy_unit',
  ],
  regex: [
    'sensitiveInformationPolicyFreeUnits',
    'guardrail_sensitive_information_policy_free_unit',
  ],
  contextual_grounding: [
    'contextualGroundingPolicyUnits',
    'guardrail_contextual_grounding_policy_unit',
  ],
  content_image: ['contentPolicyImageUnits', 'guardrail_content_policy_image_unit'],
  automated_reasoning: [
    'automatedReasoningPolicyUnits',
    'guardrail_automated_reasoning_policy_unit',
  ],
};

/** The guardrail of an identifier, an id or an ARN, in a version; null when there is none. */
export function findGuardrail(
  fixtures: Fixtures,
  identifier: string,
  version: string,
): GuardrailFixture | null {
  const found = fixtures.guardrails.find(
    (guardrail) => guardrail.arn === identifier || guardrailId(guardrail) === identifier,
  );
  if (found === undefined) return null;
  return version === 'DRAFT' || found.versions.includes(version) ? found : null;
}

/** The id at the end of a guardrail's ARN. */
export function guardrailId(guardrail: GuardrailFixture): string {
  return guardrail.arn.slice(guardrail.arn.indexOf('/') + 1);
}

/** Characters as text units: one for each 1000 begun. */
export function textUnits(length: number): number {
  return Math.ceil(length / CHARACTERS_PER_UNIT);
}

/** Characters of texts together. */
export function charactersOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + characters(text), 0);
}

/**
 * Assesses what is guarded. `forced` lets it intervene whatever the text says. Grounding is checked
 * of outputs only, and only where there is something to be grounded in.
 */
export function assess(
  guardrail: GuardrailFixture,
  guarded: Guarded,
  side: Side,
  forced = false,
): Assessment {
  const length = charactersOf(guarded.texts);
  const all = guarded.texts.join('\n').toLowerCase();
  const match = guardrail.trigger_words.find((word) => all.includes(word.toLowerCase())) ?? null;
  const units = textUnits(length);
  const grounds = side === 'output' && guarded.grounding !== null;
  const grounded = grounds ? textUnits(length + charactersOf([guarded.grounding])) : 0;
  const has = (policy: Policy, count: number): number =>
    guardrail.policies.includes(policy) ? count : 0;
  return {
    guardrail,
    intervened: forced || match !== null,
    match,
    characters: length,
    images: guarded.images,
    counts: {
      topic: has('topic', units),
      content: has('content', units),
      word: has('word', units),
      sensitive_information: has('sensitive_information', units),
      regex: has('regex', units),
      contextual_grounding: has('contextual_grounding', grounded),
      content_image: has('content_image', guarded.images),
      automated_reasoning: has('automated_reasoning', side === 'output' ? units : 0),
    },
  };
}

/** The units of assessments together, by the names of their prices; zeros are left out. */
export function unitsOf(assessments: readonly Assessment[]): Units {
  const units: Record<string, number> = {};
  for (const { counts } of assessments) {
    for (const [policy, count] of Object.entries(counts)) {
      if (count === 0) continue;
      const name = NAMES[policy as Policy][1];
      units[name] = (units[name] ?? 0) + count;
    }
  }
  return units;
}

/**
 * `usage` as AWS spells it. The number of automated-reasoning policies stands among the units and
 * is none.
 */
export function usageJson({ guardrail, counts }: Assessment): Readonly<Record<string, number>> {
  const usage: Record<string, number> = {};
  for (const [policy, count] of Object.entries(counts)) {
    const optional = policy === 'content_image' || policy === 'automated_reasoning';
    if (optional && !guardrail.policies.includes(policy)) continue;
    usage[NAMES[policy as Policy][0]] = count;
  }
  if (guardrail.policies.includes('automated_reasoning')) usage['automatedReasoningPolicies'] = 1;
  return usage;
}

/** An assessment as it stands in a trace, and in ApplyGuardrail's answer. */
export function assessmentJson(assessment: Assessment): Readonly<Record<string, unknown>> {
  const { guardrail, match, images } = assessment;
  const words =
    match === null
      ? {}
      : {
          wordPolicy: {
            customWords: [{ match, action: 'BLOCKED', detected: true }],
            managedWordLists: [],
          },
        };
  return {
    ...words,
    invocationMetrics: {
      guardrailProcessingLatency: 120 + (assessment.characters % 100),
      usage: usageJson(assessment),
      guardrailCoverage: coverageJson(assessment.characters, images),
    },
    appliedGuardrailDetails: {
      guardrailId: guardrailId(guardrail),
      guardrailArn: guardrail.arn,
      guardrailOrigin: ['REQUEST'],
      guardrailOwnership: 'SELF',
    },
  };
}

/** How much of a content was guarded: all of it. */
export function coverageJson(length: number, images: number): object {
  return {
    textCharacters: { guarded: length, total: length },
    ...(images === 0 ? {} : { images: { guarded: images, total: images } }),
  };
}
