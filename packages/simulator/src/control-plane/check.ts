/**
 * AWS's own check of what is asked of the control plane: every member that breaks a constraint is
 * told in one `ValidationException`, in the words of the service.
 */
import { asInteger, asList, asObject, asString, type JsonObject } from '../model/json.ts';
import { invalid } from '../wire/failure.ts';

/** What a text must be like. */
export interface TextRule {
  readonly min: number;
  readonly max: number;
  readonly pattern?: RegExp;
}

/** A tag as AWS writes it. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

const TAG_TEXT = /^[a-zA-Z0-9\s._:/=+@-]*$/;
/** Tags of one request at most, before the limit of a resource is asked. */
const TAGS_OF_REQUEST_MAX = 200;

/** Text rules of the service. */
export const RULES = {
  provisionedModelName: { min: 1, max: 63, pattern: /^([0-9a-zA-Z][_-]?)+$/ },
  modelId: { min: 1, max: 2048, pattern: /^[a-zA-Z0-9:./_-]+$/ },
  clientRequestToken: { min: 1, max: 256, pattern: /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/ },
  inferenceProfileName: { min: 1, max: 64, pattern: /^([0-9a-zA-Z][ _-]?)+$/ },
  description: { min: 1, max: 200, pattern: /^([0-9a-zA-Z:.][ _-]?)+$/ },
  copyFrom: { min: 1, max: 2048, pattern: /^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[^\s]*$/ },
  resourceARN: { min: 20, max: 1011, pattern: /^arn:aws[a-z-]*:[a-z-]+:[a-z0-9-]*:[^\s]*$/ },
  tagKey: { min: 1, max: 128, pattern: TAG_TEXT },
  tagValue: { min: 0, max: 256, pattern: TAG_TEXT },
  nextToken: { min: 1, max: 2048, pattern: /^\S*$/ },
} as const satisfies Record<string, TextRule>;

/** Gathers what is wrong with a request; `done` throws it. */
export class Check {
  readonly #wrong: string[] = [];

  /** A text, or null when there is none and none is needed. */
  text(name: string, value: unknown, rule: TextRule, required: boolean): string | null {
    if (value === undefined || value === null) {
      if (required) this.#say(null, name, 'Member must not be null');
      return null;
    }
    const text = asString(value);
    if (text === null) {
      this.#say(value, name, 'Member must be a string');
      return null;
    }
    if (text.length < rule.min) {
      this.#say(text, name, `Member must have length greater than or equal to ${rule.min}`);
    }
    if (text.length > rule.max) {
      this.#say(text, name, `Member must have length less than or equal to ${rule.max}`);
    } else if (rule.pattern !== undefined && text !== '' && !rule.pattern.test(text)) {
      const source = rule.pattern.source.replace(/^\^|\$$/g, '');
      this.#say(text, name, `Member must satisfy regular expression pattern: ${source}`);
    }
    return text;
  }

  /** One of some words, or null when there is none. */
  word<Word extends string>(name: string, value: unknown, words: readonly Word[]): Word | null {
    if (value === undefined || value === null) return null;
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    this.#say(value, name, `Member must satisfy enum value set: [${words.join(', ')}]`);
    return null;
  }

  /** A whole number of at least `min`, and at most `max`. */
  whole(name: string, value: unknown, min: number, max: number): number | null {
    if (value === undefined || value === null) return null;
    const count = asInteger(value);
    if (count === null) this.#say(value, name, 'Member must be an integer');
    else if (count < min) {
      this.#say(count, name, `Member must have value greater than or equal to ${min}`);
    } else if (count > max) {
      this.#say(count, name, `Member must have value less than or equal to ${max}`);
    }
    return count;
  }

  /** A member that must be there. */
  present(name: string, value: unknown): void {
    if (value === undefined || value === null) this.#say(null, name, 'Member must not be null');
  }

  /** A list of tags; none when it is left out. */
  tags(value: unknown, required: boolean): readonly Tag[] {
    if (value === undefined || value === null) {
      if (required) this.present('tags', value);
      return [];
    }
    const list = asList(value);
    if (list === null || list.length > TAGS_OF_REQUEST_MAX) {
      const most = `Member must have length less than or equal to ${TAGS_OF_REQUEST_MAX}`;
      this.#say('[...]', 'tags', most);
      return [];
    }
    return list.map((entry, index) => this.#tag(asObject(entry) ?? {}, index + 1));
  }

  #tag(tag: JsonObject, position: number): Tag {
    const at = `tags.${position}.member`;
    const key = this.text(`${at}.key`, tag['key'], RULES.tagKey, true) ?? '';
    const value = this.text(`${at}.value`, tag['value'], RULES.tagValue, true) ?? '';
    this.notReserved(key);
    return { key, value };
  }

  /** Keys that begin with `aws:` belong to AWS. */
  notReserved(key: string): void {
    if (!/^aws:/i.test(key)) return;
    this.#say(key, 'tags', 'Tag keys that start with aws: are reserved for AWS use');
  }

  /** Throws what was gathered. */
  done(): void {
    const count = this.#wrong.length;
    if (count === 0) return;
    const found = `${count} validation error${count === 1 ? '' : 's'} detected: `;
    throw invalid(found + this.#wrong.join('; '));
  }

  #say(value: unknown, name: string, rule: string): void {
    const shown = value === null ? 'Value' : `Value '${printed(value)}'`;
    this.#wrong.push(`${shown} at '${name}' failed to satisfy constraint: ${rule}`);
  }
}

function printed(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
