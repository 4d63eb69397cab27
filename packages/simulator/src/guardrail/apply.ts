/**
 * The guardrail operations without a model: ApplyGuardrail, with a guardrail of the account, and
 * InvokeGuardrailChecks, which brings its checks along. Both are billed in text units.
 */
import type { Fixtures } from '../account/fixtures.ts';
import type { Units } from '../model/ask.ts';
import { readBlocks } from '../model/guarded.ts';
import { asList, asObject, asString, type JsonObject } from '../model/json.ts';
import { Failure, invalid } from '../wire/failure.ts';
import {
  assess,
  assessmentJson,
  charactersOf,
  coverageJson,
  findGuardrail,
  textUnits,
  unitsOf,
  usageJson,
} from './assess.ts';

/** An answer, and what it is billed for. */
export interface GuardrailAnswer {
  readonly body: object;
  readonly units: Units;
}

/** ApplyGuardrail. Throws a `ValidationException` or `ResourceNotFoundException`. */
export function applyGuardrail(
  identifier: string,
  version: string,
  body: JsonObject,
  fixtures: Fixtures,
): GuardrailAnswer {
  const guardrail = findGuardrail(fixtures, identifier, version);
  if (guardrail === null) {
    throw new Failure(
      'ResourceNotFoundException',
      'The guardrail identifier or version provided in the request does not exist.',
    );
  }
  const { source } = body;
  if (source !== 'INPUT' && source !== 'OUTPUT') throw missing('source', '[INPUT, OUTPUT]');
  const content = asList(body['content']);
  if (content === null) throw missing('content', 'a list');
  const side = source === 'INPUT' ? 'input' : 'output';
  const assessment = assess(guardrail, readBlocks(content), side);
  const message = side === 'input' ? guardrail.blocked_input : guardrail.blocked_output;
  const { intervened, characters, images } = assessment;
  return {
    body: {
      usage: usageJson(assessment),
      action: intervened ? 'GUARDRAIL_INTERVENED' : 'NONE',
      ...(intervened ? { actionReason: 'Guardrail blocked.' } : {}),
      outputs: intervened ? [{ text: message }] : [],
      assessments: [assessmentJson(assessment)],
      guardrailCoverage: coverageJson(characters, images),
    },
    units: unitsOf([assessment]),
  };
}

interface Check {
  readonly name: string;
  readonly unit: string;
  /** The member that lists what is checked, and what each entry is called. */
  readonly list: string;
  readonly key: string;
}

const CHECKS: readonly Check[] = [
  {
    name: 'contentFilter',
    unit: 'guardrail_check_content_filter_unit',
    list: 'categories',
    key: 'category',
  },
  {
    name: 'promptAttack',
    unit: 'guardrail_check_prompt_attack_unit',
    list: 'categories',
    key: 'category',
  },
  {
    name: 'sensitiveInformation',
    unit: 'guardrail_check_sensitive_information_unit',
    list: 'entities',
    key: 'type',
  },
];

/** InvokeGuardrailChecks: each check that is asked for counts the whole text. */
export function invokeGuardrailChecks(body: JsonObject): GuardrailAnswer {
  const messages = asList(body['messages']);
  if (messages === null || messages.length === 0) throw missing('messages', 'a list');
  const texts = messages
    .flatMap((message) => asList(asObject(message)?.['content']) ?? [])
    .flatMap((block) => asString(asObject(block)?.['text']) ?? []);
  const asked = asObject(body['checks']);
  const checks = CHECKS.filter(({ name }) => asObject(asked?.[name]) !== null);
  if (asked === null || checks.length === 0) throw missing('checks', 'an object of checks');
  const textUnitsOfAll = textUnits(charactersOf(texts));
  return {
    body: {
      results: Object.fromEntries(checks.map((check) => [check.name, resultOf(check, asked)])),
      usage: Object.fromEntries(checks.map(({ name }) => [name, { textUnits: textUnitsOfAll }])),
    },
    units:
      textUnitsOfAll === 0
        ? {}
        : Object.fromEntries(checks.map(({ unit }) => [unit, textUnitsOfAll])),
  };
}

/** Nothing is ever found: severity zero for each category, and no entities. */
function resultOf({ name, list, key }: Check, asked: JsonObject): object {
  if (name === 'sensitiveInformation') return { results: [], truncated: false };
  const entries = asList(asObject(asked[name])?.[list]) ?? [];
  return { results: entries.map((entry) => ({ [key]: asObject(entry)?.[key], severityScore: 0 })) };
}

function missing(member: string, wanted: string): Failure {
  return invalid(
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: ` +
      `Member must be ${wanted}`,
  );
}
