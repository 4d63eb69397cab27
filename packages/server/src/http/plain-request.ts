/**
 * The plain request: a small POST to a model, or of usage, that has come whole, alone and without
 * anything unusual. Nearly every call of an SDK over HTTP/1.1 is one, and reading it takes none of
 * the machinery that requests in general need.
 *
 * Whatever is not certain to be plain is for Node's own server to read, so what is decided here is
 * narrow on purpose: one length and no coding, no name twice, ASCII only, CRLF only (RFC 9112).
 */

/** A request that was recognised. */
export interface PlainRequest {
  /** Path and query as received. */
  readonly target: string;
  /** By lower-case name; none came twice. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const MODEL_START = Buffer.from('POST /model/');
const USAGE_START = Buffer.from('POST /api/v1/orgs/');
const HEAD_END = Buffer.from('\r\n\r\n');
const MODEL_LINE = /^POST (\/model\/[\x21-\x7e]+) HTTP\/1\.1$/;
/** One of usage names an organization and an application, and nothing that would be encoded. */
const USAGE_LINE = new RegExp(
  '^POST (/api/v1/orgs/[0-9A-Fa-f-]{36}/apps/[A-Za-z0-9._-]{1,64}/usage(?:/batch)?) HTTP/1\\.1$',
);
/** A control character, a byte beyond ASCII, or a line end of another form. */
const NOT_PLAIN = /[^\t\r\n\x20-\x7e]|\r(?!\n)|(?<!\r)\n/;
const NAME = /^[!#$%&'*+.^`|~0-9A-Za-z-]+$/;
const LENGTH = /^\d{1,9}$/;
const HEADERS_MAX = 100;
/** Headers that ask for more than an answer. */
const UNUSUAL: ReadonlySet<string> = new Set([
  'expect',
  'http2-settings',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The request that `bytes` are, or undefined: then Node reads them. Never throws. */
export function plainRequest(bytes: Buffer, headerBytesMax: number): PlainRequest | undefined {
  const line = lineOf(bytes);
  if (line === undefined) return undefined;
  const end = bytes.indexOf(HEAD_END);
  if (end === -1 || end > headerBytesMax) return undefined;
  const text = bytes.toString('latin1', 0, end);
  if (NOT_PLAIN.test(text)) return undefined;
  const lines = text.split('\r\n');
  if (lines.length > HEADERS_MAX) return undefined;
  const target = line.exec(lines[0] ?? '')?.[1];
  const headers = headersOf(lines);
  if (target === undefined || headers === undefined) return undefined;
  const length = headers['content-length'];
  if (length === undefined || !LENGTH.test(length)) return undefined;
  const body = bytes.subarray(end + HEAD_END.length);
  return Number(length) === body.length ? { target, headers, body } : undefined;
}

/** What the first line has to be, by how it begins. */
function lineOf(bytes: Buffer): RegExp | undefined {
  if (startsWith(bytes, MODEL_START)) return MODEL_LINE;
  return startsWith(bytes, USAGE_START) ? USAGE_LINE : undefined;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  const { length } = start;
  return bytes.length > length && bytes.compare(start, 0, length, 0, length) === 0;
}

function headersOf(lines: readonly string[]): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const colon = line.indexOf(':');
    const name = nameOf(line.slice(0, colon));
    // What every object has by birth counts as there already, and so is left to Node too.
    if (colon < 1 || name === undefined || headers[name] !== undefined) return undefined;
    headers[name] = line.slice(colon + 1).trim();
  }
  const connection = headers['connection'];
  const stays = connection === undefined || connection.toLowerCase() === 'keep-alive';
  return stays && (headers['host'] ?? '') !== '' ? headers : undefined;
}

/** The names that clients send are always the same few. */
const KNOWN_NAMES_MAX = 1_000;
const KNOWN_NAME_LENGTH_MAX = 64;
const known = new Map<string, string | undefined>();

/** A name in lower case; undefined for what is none, or asks for more than an answer. */
function nameOf(name: string): string | undefined {
  const before = known.get(name);
  if (before !== undefined) return before;
  const lower = name.toLowerCase();
  const plain = NAME.test(name) && !UNUSUAL.has(lower) ? lower : undefined;
  if (plain === undefined) return undefined;
  if (known.size < KNOWN_NAMES_MAX && name.length <= KNOWN_NAME_LENGTH_MAX) {
    // A copy: a name cut out of a head would keep all of that in memory, credentials included.
    known.set(copyOf(name), copyOf(plain));
  }
  return plain;
}

function copyOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
