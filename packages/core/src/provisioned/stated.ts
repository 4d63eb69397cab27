/**
 * Reads what a caller has stated, member by member, and keeps the first thing that is wrong with
 * it. A member that nothing has asked for is a problem too: money must not hang on a misspelt name.
 */
import { invalid, type Refusal } from './refusal.ts';
import type { Tags } from './tags.ts';

export class Stated {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();
  #problem: Refusal | undefined;

  constructor(data: unknown) {
    const members = data ?? {};
    if (isRecord(members)) this.#members = members;
    else {
      this.#members = {};
      this.#problem = invalid('data must be an object.');
    }
  }

  /** The first thing that was wrong; ask after all members have been read. */
  get problem(): Refusal | undefined {
    if (this.#problem !== undefined) return this.#problem;
    const unknown = Object.keys(this.#members).find((name) => !this.#asked.has(name));
    if (unknown === undefined) return undefined;
    const known = [...this.#asked].join(', ');
    const shown = unknown.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 60);
    return invalid(`data.${shown} is not known here. Known are: ${known === '' ? 'none' : known}.`);
  }

  /** Text under the first of these names that is there; empty counts as not there. */
  text(...names: readonly string[]): string | undefined {
    const [name, value] = this.#first(names);
    if (value === undefined || value === '') return undefined;
    if (isText(value)) return value;
    return this.#wrong(name, 'must be text');
  }

  /** As `text`, of a member that must be there. */
  needed(...names: readonly string[]): string {
    const text = this.text(...names);
    if (text === undefined) this.#wrong(names[0] ?? '', 'is missing');
    return text ?? '';
  }

  /** A whole number within bounds. */
  whole(name: string, min: number, max: number): number | undefined {
    const [, value] = this.#first([name]);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    return this.#wrong(name, `must be a whole number from ${min} to ${max}`);
  }

  yes(name: string): boolean {
    const [, value] = this.#first([name]);
    if (value === undefined || typeof value === 'boolean') return value === true;
    this.#wrong(name, 'must be true or false');
    return false;
  }

  texts(name: string): readonly string[] | undefined {
    const [, value] = this.#first([name]);
    if (value === undefined) return undefined;
    if (Array.isArray(value)) {
      const items: readonly unknown[] = value;
      if (items.every(isText)) return items;
    }
    return this.#wrong(name, 'must be a list of texts');
  }

  object(name: string): Readonly<Record<string, unknown>> | undefined {
    const [, value] = this.#first([name]);
    if (value === undefined || isRecord(value)) return value;
    return this.#wrong(name, 'must be an object');
  }

  /** Tags, as an object of name to value or as AWS lists them. */
  tags(name: string): Tags | undefined {
    const [, value] = this.#first([name]);
    if (value === undefined) return undefined;
    const pairs = Array.isArray(value)
      ? listed(value)
      : isRecord(value)
        ? Object.entries(value)
        : [];
    const good = pairs?.every((pair): pair is [string, string] => isText(pair[1]));
    const stated = typeof value === 'object';
    if (!stated || pairs === undefined || good !== true) {
      return this.#wrong(name, 'must be an object of texts by name, {"project": "one"}');
    }
    const names = new Set(pairs.map(([tag]) => tag));
    if (names.size < pairs.length) return this.#wrong(name, 'has a name twice');
    return Object.fromEntries(pairs);
  }

  #first(names: readonly string[]): readonly [string, unknown] {
    for (const name of names) this.#asked.add(name);
    const stated = names.filter((name) => this.#value(name) !== undefined);
    const [first = names[0] ?? '', second] = stated;
    if (second !== undefined) this.#wrong(second, `says the same as ${first}: state one of them`);
    return [first, this.#value(first)];
  }

  /** A member that is null counts as left out. */
  #value(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? (this.#members[name] ?? undefined) : undefined;
  }

  #wrong(name: string, problem: string): undefined {
    this.#problem ??= invalid(`data.${name} ${problem}.`);
    return undefined;
  }
}

function listed(items: readonly unknown[]): readonly (readonly [string, unknown])[] | undefined {
  const pairs = items.map((item) =>
    isRecord(item) && typeof item['key'] === 'string'
      ? ([item['key'], item['value']] as const)
      : undefined,
  );
  return pairs.every((pair) => pair !== undefined) ? pairs : undefined;
}

/** Half of a character (a lone surrogate) is no text: it cannot be sent anywhere. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
