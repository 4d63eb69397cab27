/**
 * The `parameters` of a request at the profiling door: read once, by whichever of their names they
 * were given, so that each model family can be told in its own.
 */
import { refused, type Refused } from '../call.ts';
import type { JsonObject } from './door.ts';

/** What all families mean alike, and the rest as it was given. */
export interface Parameters {
  readonly kind: 'parameters';
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly stop: readonly string[] | undefined;
  /** What only the model's own documentation knows. */
  readonly rest: JsonObject;
}

/** Names by which a parameter may come: those of the first system, and those of every family. */
const NAMES = {
  maxTokens: [
    'maxTokenCount',
    'maxTokens',
    'max_tokens',
    'max_tokens_to_sample',
    'max_completion_tokens',
    'max_gen_len',
    'max_new_tokens',
  ],
  temperature: ['temperature'],
  topP: ['topP', 'top_p', 'p'],
  topK: ['topK', 'top_k', 'k'],
  stop: ['stopSequences', 'stop_sequences', 'stop'],
} as const;

const ALL_NAMES: ReadonlySet<string> = new Set<string>(Object.values(NAMES).flat());

/** Reads `parameters`; absent ones are none. */
export function readParameters(given: unknown): Parameters | Refused {
  const stated = given ?? {};
  if (typeof stated !== 'object' || Array.isArray(stated)) {
    return wrong('"parameters" should be an object, such as {"maxTokenCount": 512}.');
  }
  const members = stated as JsonObject;
  for (const names of Object.values(NAMES)) {
    const both = names.filter((name) => isStated(members, name));
    if (both.length > 1) return wrong(`"parameters" has ${both.join(' and ')}: name it once.`);
  }
  const maxTokens = valueOf(members, NAMES.maxTokens);
  if (maxTokens !== undefined && !(Number.isSafeInteger(maxTokens) && Number(maxTokens) >= 1)) {
    return wrong('"maxTokenCount" should be a whole number from 1.');
  }
  const numbers = { temperature: 0, topP: 0, topK: 0 };
  for (const name of Object.keys(numbers) as (keyof typeof numbers)[]) {
    const value = valueOf(members, NAMES[name]);
    if (value !== undefined && typeof value !== 'number') return wrong(`"${name}" is no number.`);
  }
  const stop = stopOf(valueOf(members, NAMES.stop));
  if (stop === null) return wrong('"stopSequences" should be a list of texts.');
  const number = (name: 'temperature' | 'topP' | 'topK'): number | undefined =>
    valueOf(members, NAMES[name]) as number | undefined;
  return {
    kind: 'parameters',
    maxTokens: maxTokens as number | undefined,
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    stop,
    rest: Object.fromEntries(Object.entries(members).filter(([name]) => !ALL_NAMES.has(name))),
  };
}

/** A `null` says outright what leaving a member out says silently. */
function isStated(members: JsonObject, name: string): boolean {
  return Object.hasOwn(members, name) && members[name] !== null;
}

function valueOf(members: JsonObject, names: readonly string[]): unknown {
  const name = names.find((each) => isStated(members, each));
  return name === undefined ? undefined : members[name];
}

/** No sequences are the same as none given: some models refuse an empty list. Null: no texts. */
function stopOf(value: unknown): readonly string[] | undefined | null {
  if (value === undefined) return undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter((each) => typeof each === 'string');
  if (texts.length !== list.length) return null;
  return texts.length === 0 ? undefined : texts;
}

function wrong(message: string): Refused {
  return refused('ValidationException', 'parameters_invalid', message);
}
