/**
 * Rough counts where the upstream does not tell what it used: streams that broke, guardrails
 * without a trace. Always flagged `estimated`.
 */

/**
 * Typical bytes of text per token. Not a bound: the ceiling of an estimated entry is its whole
 * hold.
 */
const BYTES_PER_TOKEN = 4;

/** Tokens that so many bytes of text typically are; at least one for any text. */
export function estimateTokens(textBytes: number): number {
  return Math.ceil(textBytes / BYTES_PER_TOKEN);
}

/** Characters of a guardrail's text unit. */
const CHARACTERS_PER_UNIT = 1000;

/**
 * Guardrail units of a call whose reply shows no trace: the text units of its content filter, which
 * nearly every guardrail has, over what was asked and what was written. Which other policies there
 * are nobody tells: the ceiling of the entry covers them.
 */
export function estimateGuardrailUnits(
  inputTokens: number,
  outputTokens: number,
): Readonly<Record<string, number>> {
  const units = textUnits(inputTokens) + textUnits(outputTokens);
  return units === 0 ? {} : { guardrail_content_policy_unit: units };
}

function textUnits(tokens: number): number {
  return Math.ceil((tokens * BYTES_PER_TOKEN) / CHARACTERS_PER_UNIT);
}
