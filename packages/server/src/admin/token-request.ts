/**
 * The forms in which OAuth clients send their requests (RFC 6749) beside JSON: form bodies, and the
 * client's id and secret by HTTP Basic.
 */
import { Fault } from './fault.ts';

/** Paths whose bodies may be forms. */
const PATHS = /^\/auth\//;
const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;
const BASIC = /^basic +([A-Za-z0-9+/_=-]*)$/i;

/** What is read of a body, form or JSON, by path; the rest is ignored, as the standard asks. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  '/auth/token': ['grant_type', 'client_id', 'client_secret', 'scope'],
  '/auth/refresh': ['grant_type', 'client_id', 'client_secret', 'refresh_token'],
  '/auth/revoke': ['token', 'token_type_hint'],
};

/** Whether requests to a path are those of OAuth clients. */
export function isTokenPath(path: string): boolean {
  return PATHS.test(path);
}

/**
 * Whether a body is a form. `curl -d` calls JSON one too: what begins as an object is none.
 */
export function isForm(path: string, contentType: string | undefined, body: string): boolean {
  return isTokenPath(path) && FORM.test(contentType ?? '') && !body.trimStart().startsWith('{');
}

/** The parameters of a form. Throws a `Fault` for one that is sent twice. */
export function formBody(path: string, text: string): Readonly<Record<string, string>> {
  const parameters = new URLSearchParams(text);
  const body: Record<string, string> = {};
  for (const name of PARAMETERS[path.split('?', 1)[0] ?? ''] ?? []) {
    const [value, ...more] = parameters.getAll(name);
    if (more.length > 0) throw invalid(`body.${name} is sent more than once.`);
    // Sent without a value is the same as not sent.
    if (value !== undefined && value !== '') body[name] = value;
  }
  return body;
}

/** A body without the members that mean nothing to its path, such as an `audience`. */
export function knownParameters(path: string, body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const known = PARAMETERS[path] ?? [];
  return Object.fromEntries(Object.entries(body).filter(([name]) => known.includes(name)));
}

/**
 * The body with the client that HTTP Basic names. Throws a `Fault` when it names none that can be
 * read, or another one than the body.
 */
export function withBasicClient(body: unknown, authorization: string | undefined): unknown {
  if (authorization === undefined || !/^basic\b/i.test(authorization)) return body;
  const [, encoded = ''] = BASIC.exec(authorization) ?? [];
  const [id, secret] = Buffer.from(encoded, 'base64').toString('utf8').split(/:(.*)/s);
  if (id === undefined || id === '' || secret === undefined || secret === '') {
    throw invalid('The header Authorization: Basic names no client id and secret.');
  }
  const given = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
  const client_id = formDecoded(id);
  const named: unknown = Reflect.get(given, 'client_id');
  if ((named !== undefined && named !== client_id) || Reflect.has(given, 'client_secret')) {
    throw invalid('Send the client id and secret in the header or in the body, not in both.');
  }
  return { ...given, client_id, client_secret: formDecoded(secret) };
}

/**
 * Ids and secrets are form-encoded inside of Basic (RFC 6749, section 2.3.1), which many clients
 * leave out. Neither ids nor base64 hold a `%`, and a `+` of base64 that came as it is stays one.
 */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(message: string): Fault {
  return new Fault('INVALID_REQUEST', message, { oauth_error: 'invalid_request' });
}
