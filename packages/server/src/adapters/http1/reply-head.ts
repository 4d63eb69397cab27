/**
 * The head of an HTTP/1.1 reply (RFC 9112): status line, headers, and what they say about where the
 * reply ends. Strict: line folding, bare CR or LF, control characters, a repeated length, a length
 * beside a coding, and any coding but `chunked` are refused.
 */

export interface ReplyHead {
  readonly status: number;
  /** Name, value, name, value ... as received, without the whitespace around values. */
  readonly rawHeaders: readonly string[];
  /** Null: it does not say. */
  readonly length: number | null;
  readonly chunked: boolean;
  readonly keepAlive: boolean;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const LENGTH = /^\d{1,15}$/;
const SPACE = 32;
const TAB = 9;

/** Whether it is what a header may be called. */
export function isHeaderName(name: string): boolean {
  return HEADER_NAME.test(name);
}

/**
 * Whether it can stand in a header as it is: no line break, no control character, one byte each.
 */
export function isHeaderValue(value: string): boolean {
  return !NOT_IN_VALUE.test(value);
}

/** Status line and headers, without the empty line; or what is wrong with them. */
export function parseHead(text: string): ReplyHead | string {
  const lines = text.split('\r\n');
  const start = STATUS_LINE.exec(lines[0] ?? '');
  if (start === null) return 'the upstream does not speak HTTP/1.1';
  const rawHeaders: string[] = [];
  let length: number | null = null;
  let coding: string | undefined;
  let connection = '';
  for (let i = 1; i < lines.length; i++) {
    const field = parseField(lines[i] ?? '');
    if (field === undefined) return 'the upstream sent a malformed header';
    const { name, value } = field;
    rawHeaders.push(name, value);
    // By length first: most names need not be put in lower case.
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (!LENGTH.test(value)) return 'the upstream sent a malformed content-length';
      if (length !== null) return 'the upstream sent two lengths';
      length = Number(value);
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      coding = coding === undefined ? value.toLowerCase() : `${coding}, ${value.toLowerCase()}`;
    } else if (name.length === 10 && name.toLowerCase() === 'connection') {
      connection += `,${value.toLowerCase()}`;
    }
  }
  if (coding !== undefined && coding !== 'chunked') return `the coding ${coding} is not known`;
  if (coding !== undefined && length !== null) return 'the upstream sent a length and chunks';
  if (coding !== undefined && start[1] === '0') return 'the upstream sent chunks over HTTP/1.0';
  return {
    status: Number(start[2]),
    rawHeaders,
    length,
    chunked: coding !== undefined,
    keepAlive: start[1] === '1' && !/\bclose\b/.test(connection),
  };
}

/** One header or trailer line; undefined when it is none. */
export function parseField(line: string): { name: string; value: string } | undefined {
  const colon = line.indexOf(':');
  if (colon <= 0) return undefined;
  const name = line.slice(0, colon);
  // Not `trim`, which takes the non-breaking space too: in UTF-8 that byte ends letters.
  let from = colon + 1;
  let to = line.length;
  while (from < to && isBlank(line.charCodeAt(from))) from++;
  while (to > from && isBlank(line.charCodeAt(to - 1))) to--;
  const value = line.slice(from, to);
  return HEADER_NAME.test(name) && !NOT_IN_VALUE.test(value) ? { name, value } : undefined;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
