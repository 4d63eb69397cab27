/**
 * Settings with members of their own are read by functions that throw `Wrong` where a value is not
 * as it must be; the message says where, and what is allowed.
 */
import type { StructuredSetting } from './setting.ts';

const TEXT_MAX = 2_048;

/** What is wrong with a value; the message says where and what is allowed, after "must". */
export class Wrong extends Error {}

/** A structured setting whose parser throws `Wrong` for what it does not take. */
export function structured<T>(rest: {
  readonly default: T;
  readonly description: string;
  readonly expects: string;
  readonly shown: string;
  readonly read: (given: unknown) => T;
}): StructuredSetting<T> {
  const { read, ...declared } = rest;
  return {
    kind: 'structured',
    ...declared,
    parse: (given) => {
      try {
        return { kind: 'value', value: read(given) };
      } catch (error) {
        if (error instanceof Wrong) return { kind: 'refused', expected: error.message };
        throw error;
      }
    },
  };
}

/** A map. Throws `Wrong`. */
export function recordOf(where: string, given: unknown): Readonly<Record<string, unknown>> {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    return given as Readonly<Record<string, unknown>>;
  }
  throw new Wrong(`${where} must be a map`);
}

/** Throws `Wrong` if a map has a member that it must not have. */
export function onlyKnown(
  where: string,
  members: readonly string[],
  known: readonly string[],
): void {
  const unknown = members.find((member) => !known.includes(member));
  if (unknown === undefined) return;
  throw new Wrong(`${where}.${unknown} is not known here; there are ${known.join(', ')}`);
}

/** Text of at most 2,048 characters. Throws `Wrong`. */
export function textIn(where: string, given: unknown): string {
  if (typeof given === 'string' && given !== '' && given.length <= TEXT_MAX) return given;
  throw new Wrong(`${where} must be text`);
}

/** A whole number within bounds. Throws `Wrong`. */
export function wholeIn(where: string, given: unknown, min: number, max: number): number {
  if (typeof given === 'number' && Number.isInteger(given) && given >= min && given <= max) {
    return given;
  }
  throw new Wrong(`${where} must be a whole number from ${min} to ${max}`);
}

/** A list. Throws `Wrong`. */
export function listIn(where: string, given: unknown, max: number): readonly unknown[] {
  if (Array.isArray(given) && given.length <= max) return given;
  throw new Wrong(`${where} must be a list of at most ${max}`);
}

/** A list of different pieces of text. Throws `Wrong`. */
export function textsIn(where: string, given: unknown, max: number): readonly string[] {
  const texts = listIn(where, given, max).map((each, at) => textIn(`${where}[${at}]`, each));
  return Object.freeze([...new Set(texts)]);
}

/** One of a few words. Throws `Wrong`. */
export function wordIn<W extends string>(where: string, given: unknown, words: readonly W[]): W {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw new Wrong(`${where} must be one of ${words.join(', ')}`);
}
