/**
 * Tags of what is made here. Four are ours and say who made it, when and by what; callers choose
 * the rest, and by no action can they set, change or remove ours.
 */
import { invalid, refuse, type Refusal } from './refusal.ts';

/** Tags by name. */
export type Tags = Readonly<Record<string, string>>;

/** Tags of one resource at most, ours included. */
export const TAGS_MAX = 50;
const KEY_LENGTH_MAX = 128;
const VALUE_LENGTH_MAX = 256;

/** AWS's letters for both: its `\s` is that of ASCII. */
const LETTERS = /^[a-zA-Z0-9 \t\n\v\f\r._:/=+@-]*$/;
const LETTERS_IN_WORDS = 'letters, digits, white space and . _ : / = + @ -';

/** The names that are ours. */
export const RESERVED_TAGS = ['CreatedBy', 'CreatedAt', 'Source', 'userId'] as const;

export function isReservedTag(name: string): boolean {
  // Should anything on the way trim names, ours are not written over by that either.
  return RESERVED_TAGS.some((reserved) => reserved === name.trim());
}

/** Who made something, when and by what. */
export interface Maker {
  readonly createdBy: string;
  readonly source: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Subject of whoever signed in; null: nobody did. */
  readonly userId: string | null;
}

/** Our tags. */
export function makerTags({ createdBy, source, at, userId }: Maker): Tags {
  return {
    CreatedBy: createdBy,
    CreatedAt: new Date(at).toISOString(),
    Source: source,
    ...(userId === null ? {} : { userId: userTag(userId) }),
  };
}

/**
 * A subject as the value of a tag. What AWS allows in no tag (such as the bar of `auth0|123`) is
 * written as `=` and two hexadecimal digits a byte, and so is `=` itself: no two subjects share
 * one.
 */
export function userTag(subject: string): string {
  return Array.from(subject, (char) =>
    LETTERS.test(char) && char !== '=' ? char : escaped(char),
  ).join('');
}

function escaped(char: string): string {
  // Letters that percent-encoding leaves alone, but no tag allows.
  const percent = encodeURIComponent(char).replace(
    /[!'()*~]/g,
    (plain) => `%${plain.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return percent.replaceAll('%', '=');
}

/** Why these cannot be a caller's tags; undefined: they can. */
export function tagsProblem(tags: Tags): Refusal | undefined {
  for (const [name, value] of Object.entries(tags)) {
    const problem = tagNameProblem(name) ?? tagValueProblem(name, value);
    if (problem !== undefined) return problem;
  }
  return tooMany(tags);
}

/** Why these cannot be all tags of one resource: there are too many. */
export function tooMany(all: Tags): Refusal | undefined {
  const count = Object.keys(all).length;
  if (count <= TAGS_MAX) return undefined;
  return refuse(
    'TooManyTagsException',
    `A resource has at most ${TAGS_MAX} tags; with ${RESERVED_TAGS.join(', ')} these would be ` +
      `${count}. Nothing was sent to AWS.`,
    { tags: count, tags_max: TAGS_MAX },
  );
}

/** Why a caller cannot set or remove a tag of this name; undefined: it can. */
export function tagNameProblem(name: string): Refusal | undefined {
  const shown = shortened(name);
  if (isReservedTag(name)) {
    return invalid(`The tag ${name} says who made the resource: it is set here and never changes.`);
  }
  if (/^aws:/i.test(name)) {
    return invalid(`The tag ${shown} begins with aws:, which AWS keeps for itself.`);
  }
  if (name.length === 0 || name.length > KEY_LENGTH_MAX) {
    return invalid(
      `The name of a tag must have 1 to ${KEY_LENGTH_MAX} characters; ${shown} has ${name.length}.`,
    );
  }
  if (LETTERS.test(name)) return undefined;
  return invalid(`The name of a tag may hold ${LETTERS_IN_WORDS}; ${shown} holds something else.`);
}

function tagValueProblem(name: string, value: string): Refusal | undefined {
  const shown = shortened(name);
  if (value.length > VALUE_LENGTH_MAX) {
    return invalid(
      `The value of a tag must have at most ${VALUE_LENGTH_MAX} characters; that of ${shown} has ` +
        `${value.length}.`,
    );
  }
  if (LETTERS.test(value)) return undefined;
  return invalid(
    `The value of a tag may hold ${LETTERS_IN_WORDS}; that of ${shown} holds something else.`,
  );
}

/** A name as a message may repeat it. */
function shortened(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]/g, '?');
  return plain.length <= 40 ? `"${plain}"` : `"${plain.slice(0, 40)}..."`;
}

/** As AWS takes them, in order of name so that the same tags are the same bytes. */
export function tagList(tags: Tags): readonly { readonly key: string; readonly value: string }[] {
  return Object.entries(tags)
    .map(([key, value]) => ({ key, value }))
    .toSorted((left, right) => (left.key < right.key ? -1 : 1));
}

/** What somebody looks for: tags with these values, and tags of these names. */
export interface TagFilter {
  readonly tags: Tags;
  readonly names: readonly string[];
}

export function matchesTags(tags: Tags, { tags: wanted, names }: TagFilter): boolean {
  return (
    Object.entries(wanted).every(([name, value]) => tags[name] === value) &&
    names.every((name) => Object.hasOwn(tags, name))
  );
}
