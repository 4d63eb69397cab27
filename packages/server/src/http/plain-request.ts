/**
 * The plain request: a small call of a model or of the cost keeper that has come whole, alone and
 * without anything unusual. Nearly every call of an SDK over HTTP/1.1 is one, and reading it takes
 * none of the machinery that requests in general need.
 *
 * Whatever is not certain to be plain is for Node's own server to read, so what is decided here is
 * narrow on purpose: one length and no coding, no name twice, ASCII only, CRLF only (RFC 9112).
 */

/** A request that was recognised. */
export interface PlainRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query as received. */
  readonly target: string;
  /** By lower-case name; none came twice. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A request line that is plain: how it begins, and what all of it has to be. */
interface Form {
  readonly method: 'GET' | 'POST';
  readonly start: Buffer;
  readonly line: RegExp;
}

/** An organization and an application in a path, with nothing that would be encoded. */
const ORG = '/api/v1/orgs/[0-9A-Fa-f-]{36}';
const APP = `${ORG}/apps/[A-Za-z0-9._-]{1,64}`;
const FORMS: readonly Form[] = [
  form('POST', '/model/', '/model/[\\x21-\\x7e]+'),
  form('POST', '/api/v1/orgs/', `${APP}/usage(?:/batch)?`),
  form('POST', '/auth/', '/auth/(?:token|refresh|revoke)'),
  form(
    'GET',
    '/api/v1/orgs/',
    `${APP}/model-selection(?:\\?[\\x21-\\x7e]*)?|(?:${ORG}|${APP})/aggregates/[0-9a-z-]{1,20}`,
  ),
];
const HEAD_END = Buffer.from('\r\n\r\n');

function form(method: Form['method'], start: string, target: string): Form {
  return {
    method,
    start: Buffer.from(`${method} ${start}`),
    line: new RegExp(`^${method} (${target}) HTTP/1\\.1$`),
  };
}

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
  const as = FORMS.find(({ start }) => startsWith(bytes, start));
  if (as === undefined) return undefined;
  const end = bytes.indexOf(HEAD_END);
  if (end === -1 || end > headerBytesMax) return undefined;
  const text = bytes.toString('latin1', 0, end);
  if (NOT_PLAIN.test(text)) return undefined;
  const lines = text.split('\r\n');
  if (lines.length > HEADERS_MAX) return undefined;
  const target = as.line.exec(lines[0] ?? '')?.[1];
  const headers = headersOf(lines);
  if (target === undefined || headers === undefined) return undefined;
  const body = bytes.subarray(end + HEAD_END.length);
  const length = lengthOf(as.method, headers['content-length']);
  return length === body.length ? { method: as.method, target, headers, body } : undefined;
}

/** Of a body that is stated; a GET has none, and states none. */
function lengthOf(method: Form['method'], stated: string | undefined): number | undefined {
  if (method === 'GET') return stated === undefined ? 0 : undefined;
  return stated !== undefined && LENGTH.test(stated) ? Number(stated) : undefined;
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
