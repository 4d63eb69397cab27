/**
 * A guardrail within a call: it reads the prompt before the model does and the answer before the
 * client does. A blocked prompt costs no tokens, a blocked answer costs all of them; the guardrail
 * bills its units either way, whether or not a trace shows them.
 */
import type { GuardrailFixture } from '../account/fixtures.ts';
import { type Generation, NO_USAGE, type Usage } from '../generate/generation.ts';
import type { Ask, Guarded } from '../model/ask.ts';
import {
  type Assessment,
  assess,
  assessmentJson,
  guardrailId,
  type Side,
  unitsOf,
} from './assess.ts';

/** A guardrail that stands before and behind one call. */
export interface Guard {
  readonly guardrail: GuardrailFixture;
  readonly traced: boolean;
  /** The side that a script blocks, whatever is said. */
  readonly blocks: Side | null;
}

/** What the guardrail makes of the prompt. */
export function assessInput(guard: Guard, ask: Ask): Assessment {
  return assess(guard.guardrail, guardedOf(ask), 'input', guard.blocks === 'input');
}

/** The answer in place of a generation whose prompt was blocked. */
export function blockInput(generation: Generation, guard: Guard, input: Assessment): Generation {
  const message = guard.guardrail.blocked_input;
  return {
    ...replaceText(generation, message),
    ...withUsage(generation, { ...NO_USAGE, units: unitsOf([input]) }),
    guarded: { intervened: true, trace: trace(guard, input, [], null) },
  };
}

/** The generation as the guardrail lets it pass: with its units, and blocked where it must be. */
export function guardOutput(generation: Generation, guard: Guard, input: Assessment): Generation {
  const { ask, text, usage } = generation;
  const said: Guarded = {
    texts: [text],
    images: 0,
    grounding: ask.guarded?.grounding ?? null,
  };
  const output = assess(guard.guardrail, said, 'output', guard.blocks === 'output');
  const units = { ...usage.units, ...unitsOf([input, output]) };
  const blocked = output.intervened;
  return {
    ...(blocked ? replaceText(generation, guard.guardrail.blocked_output) : generation),
    ...withUsage(generation, { ...usage, units }),
    guarded: {
      intervened: blocked,
      trace: trace(guard, input, [output], blocked ? text : null),
    },
  };
}

function guardedOf(ask: Ask): Guarded {
  if (ask.guarded !== null) return ask.guarded;
  const texts = ask.pieces.flatMap((piece) => (piece.kind === 'text' ? [piece.text] : []));
  return { texts, images: 0, grounding: null };
}

function replaceText(generation: Generation, message: string): Generation {
  return {
    ...generation,
    ask: { ...generation.ask, forcedTool: null },
    text: message,
    parts: [message],
    stopReason: 'guardrail_intervened',
    stopSequence: null,
  };
}

/** What is told stays told in the places where it was. */
function withUsage(
  generation: Generation,
  usage: Usage,
): Pick<Generation, 'usage' | 'reported' | 'counted'> {
  return {
    usage,
    reported: generation.reported === null ? null : usage,
    counted: generation.counted === null ? null : usage,
  };
}

function trace(
  guard: Guard,
  input: Assessment,
  outputs: readonly Assessment[],
  modelOutput: string | null,
): NonNullable<Generation['guarded']>['trace'] {
  if (!guard.traced) return null;
  return {
    guardrailId: guardrailId(guard.guardrail),
    input: assessmentJson(input),
    outputs: outputs.map(assessmentJson),
    modelOutput,
  };
}
