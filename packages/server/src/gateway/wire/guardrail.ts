/**
 * Guardrail units as replies state them: in the `usage` of ApplyGuardrail, in the `usage` of
 * InvokeGuardrailChecks, and in the `invocationMetrics` of each assessment that a trace shows. Each
 * policy has a price of its own, so each is a unit of its own.
 */
import { usageOf } from '@tollkeeper/core';
import type { UsageReading } from '@tollkeeper/core';
import { addUnits, isObject, parseObject, snakeCase } from './usage-counts.ts';
import type { Counts } from './usage-counts.ts';

/**
 * Policies that are billed by text units: one for each 1000 characters begun. Word filters and
 * regular expressions are counted by AWS and cost nothing.
 */
export const TEXT_POLICY_UNITS = [
  'guardrail_topic_policy_unit',
  'guardrail_content_policy_unit',
  'guardrail_sensitive_information_policy_unit',
  'guardrail_contextual_grounding_policy_unit',
  'guardrail_automated_reasoning_policy_unit',
] as const;

/** Images that the content policy looks at. */
export const IMAGE_POLICY_UNIT = 'guardrail_content_policy_image_unit';

/** The checks of InvokeGuardrailChecks, by their names in requests and replies. */
export const CHECK_UNITS: ReadonlyMap<string, string> = new Map([
  ['contentFilter', 'guardrail_check_content_filter_unit'],
  ['promptAttack', 'guardrail_check_prompt_attack_unit'],
  ['sensitiveInformation', 'guardrail_check_sensitive_information_unit'],
]);

/** The usage of an ApplyGuardrail reply of status 200: units and no tokens. Never throws. */
export function readGuardrailReply(body: Uint8Array): UsageReading {
  const usage = parseObject(body)?.['usage'];
  if (!isObject(usage)) return MISSING;
  const counts: Counts = {};
  const stated = addGuardrailUsage(usage, counts);
  return unitsReading(counts, stated);
}

/** The usage of an InvokeGuardrailChecks reply of status 200. Never throws. */
export function readGuardrailChecksReply(body: Uint8Array): UsageReading {
  const usage = parseObject(body)?.['usage'];
  if (!isObject(usage)) return MISSING;
  const counts: Counts = {};
  let stated = false;
  for (const [check, value] of Object.entries(usage)) {
    const units = isObject(value) ? value['textUnits'] : undefined;
    if (units === undefined || units === null) continue;
    stated = true;
    // A check that is new to us has no price yet: its line says so, and nothing is lost.
    addUnits(counts, CHECK_UNITS.get(check) ?? `guardrail_check_${snakeCase(check)}_unit`, units);
  }
  return unitsReading(counts, stated);
}

/**
 * Adds the units of one `usage` object of a guardrail; says whether it states any, zeros included.
 * `automatedReasoningPolicies` counts policies, not units, and adds nothing.
 */
export function addGuardrailUsage(usage: Readonly<Record<string, unknown>>, to: Counts): boolean {
  let stated = false;
  for (const [name, value] of Object.entries(usage)) {
    if (!name.endsWith('Units') || value === null) continue;
    stated = true;
    addUnits(to, `guardrail_${snakeCase(name.slice(0, -1))}`, value);
  }
  return stated;
}

const MISSING: UsageReading = Object.freeze({ source: 'unknown', reason: 'missing usage' });

function unitsReading(counts: Counts, stated: boolean): UsageReading {
  if (counts.wrong !== undefined) return { source: 'unknown', reason: counts.wrong };
  if (!stated) return MISSING;
  return { source: 'reported', usage: usageOf({ units: counts.units ?? {} }) };
}
