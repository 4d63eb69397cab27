/**
 * Looks at JSON text without building values: how deep it nests and how many members it names,
 * before anything parses it, and, where a body has no known shape, its member names and strings one
 * by one. `JSON.parse` keeps the last of two members with one name while another parser may keep
 * the first; counting members here and in the parsed value is how such a body is told apart. One
 * pass, linear, no recursion.
 */

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const letterE = 0x65;
/** Strings longer than this are crossed by the engine's own search instead of a loop. */
const shortStringChars = 64;

/**
 * Nesting and members of a text; meaningful when the text is valid JSON, harmless when it is not.
 */
export interface JsonScan {
  readonly depth: number;
  readonly members: number;
  /** Numbers with an exponent: the only values whose text may grow when they are written anew. */
  readonly exponents: number;
}

/** Counts the deepest nesting and the members of all objects. */
export function scanJson(text: string): JsonScan {
  let depth = 0;
  let open = 0;
  let members = 0;
  let exponents = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = stringEnd(text, at);
    else if (code === colon) members++;
    else if (code === 0x7b || code === 0x5b) {
      open++;
      if (open > depth) depth = open;
    } else if (code === 0x7d || code === 0x5d) open--;
    else if ((code | 0x20) === letterE && isDigit(text.charCodeAt(at - 1))) exponents++;
  }
  return { depth, members, exponents };
}

/**
 * Receives each string of a text: a member's name with the position after its colon, or a value.
 */
export type StringSink = (value: string, afterColon: number | null) => void;

/**
 * Hands out every string literal, decoded, in order. Text that is not JSON gives whatever is quoted
 * in it.
 */
export function scanStrings(text: string, sink: StringSink): void {
  for (let at = text.indexOf('"'); at !== -1;) {
    const end = stringEnd(text, at);
    let next = end + 1;
    while (next < text.length && text.charCodeAt(next) <= 0x20) next++;
    const named = text.charCodeAt(next) === colon;
    sink(decodeString(text, at, end), named ? next + 1 : null);
    at = text.indexOf('"', end + 1);
  }
}

/** A member, and where its value stands in the text: from `start`, as far as `end`. */
export interface MemberPlace {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The members of the outermost object of a text that is JSON, in order; a name that is there twice
 * is there twice.
 */
export function outerMembers(text: string): readonly MemberPlace[] {
  const members: MemberPlace[] = [];
  let open = 0;
  let name = '';
  let start = -1;
  const close = (at: number): void => {
    if (start !== -1) members.push({ name, ...trimmed(text, start, at) });
    start = -1;
  };
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = stringEnd(text, at);
      if (open === 1 && start === -1) name = decodeString(text, at, end);
      at = end;
    } else if (code === 0x7b || code === 0x5b) open++;
    else if (code === 0x7d || code === 0x5d) {
      if (--open === 0) close(at);
    } else if (open !== 1) continue;
    else if (code === colon) start = at + 1;
    else if (code === comma) close(at);
  }
  return members;
}

function trimmed(text: string, from: number, to: number): Omit<MemberPlace, 'name'> {
  let [start, end] = [from, to];
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return { start, end };
}

/**
 * The index of the quote that closes the string opened at `start`, or the text's length when none
 * does.
 */
function stringEnd(text: string, start: number): number {
  const near = Math.min(text.length, start + 1 + shortStringChars);
  for (let at = start + 1; at < near; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at++;
  }
  const far = Math.max(start + 1, near - 1);
  for (let at = text.indexOf('"', far); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === backslash) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

function decodeString(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
