/**
 * What a `trace` says: the model that a prompt router chose, and what each guardrail assessment was
 * billed. Converse and InvokeModel name the two sides of a guardrail differently.
 */
import { addGuardrailUsage } from './guardrail.ts';
import { isObject, memberText } from './usage-counts.ts';
import type { Counts } from './usage-counts.ts';

/** Assessments of one side stand in an object by guardrail, in an array, or in both. */
const nestingMax = 4;
/** Assessments of one side that are read. */
const assessmentsMax = 4096;

/** What a guardrail's part of a trace shows. */
export interface GuardrailTrace {
  /** Whether units of the prompt, or of the answer, are stated; false: the side shows none. */
  readonly input: boolean;
  readonly output: boolean;
}

/** The model that a prompt router chose, or null. */
export function invokedModel(trace: unknown): string | null {
  return isObject(trace) ? memberText(trace, 'promptRouter', 'invokedModelId') : null;
}

/**
 * Adds the guardrail units of a trace, those of the prompt to `input` and those of the answer to
 * `output` (which may be the same); null when the trace shows no guardrail.
 */
export function readGuardrailTrace(
  trace: unknown,
  input: Counts,
  output: Counts,
): GuardrailTrace | null {
  const guardrail = isObject(trace) ? trace['guardrail'] : undefined;
  if (!isObject(guardrail)) return null;
  return {
    input: addAssessments([guardrail['inputAssessment'], guardrail['input']], input),
    output: addAssessments([guardrail['outputAssessments'], guardrail['outputs']], output),
  };
}

function addAssessments(sides: readonly unknown[], to: Counts): boolean {
  let stated = false;
  let left = assessmentsMax;
  const visit = (value: unknown, nesting: number): void => {
    if (typeof value !== 'object' || value === null || nesting > nestingMax || left === 0) return;
    const metrics = isObject(value) ? value['invocationMetrics'] : undefined;
    if (!isObject(metrics)) {
      for (const member of Object.values(value)) visit(member, nesting + 1);
      return;
    }
    left--;
    if (isObject(metrics['usage'])) stated = addGuardrailUsage(metrics['usage'], to) || stated;
  };
  for (const side of sides) visit(side, 0);
  return stated;
}

/** Adds the guardrail units of a whole trace and notes whether it states them. */
export function noteTrace(trace: unknown, counts: Counts): GuardrailTrace | null {
  if (trace === undefined) return null;
  const shown = readGuardrailTrace(trace, counts, counts);
  if (shown === null) return null;
  if (shown.input || shown.output) counts.guardrail = 'stated';
  else counts.guardrail ??= 'seen';
  return shown;
}
