/**
 * Pages of a list: a token names the last entry that was shown, so that what is created in between
 * moves nothing.
 */
import { invalid } from '../wire/failure.ts';
import { type Check, RULES } from './check.ts';

/** Which part of a list is asked for. */
export interface PageAsk {
  readonly size: number;
  readonly after: string | null;
}

/** A part of a list, and the token of the next. */
export interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly nextToken: string | null;
}

const SIZE_DEFAULT = 100;
const SIZE_MAX = 1000;
const FORM = 'sim1:';

/** Reads `maxResults` and `nextToken` of a query. */
export function pageAsk(query: URLSearchParams, check: Check): PageAsk {
  const stated = query.get('maxResults');
  const size = check.whole('maxResults', stated === null ? null : Number(stated), 1, SIZE_MAX);
  const token = check.text('nextToken', query.get('nextToken'), RULES.nextToken, false);
  return { size: size ?? SIZE_DEFAULT, after: token === null ? null : readToken(token) };
}

/** The part that a page asks for; `keyOf` names an entry within the list. */
export function pageOf<Entry>(
  list: readonly Entry[],
  keyOf: (entry: Entry) => string,
  ask: PageAsk,
): Page<Entry> {
  const last = ask.after === null ? -1 : list.findIndex((entry) => keyOf(entry) === ask.after);
  if (ask.after !== null && last < 0) throw badToken();
  const entries = list.slice(last + 1, last + 1 + ask.size);
  const final = entries.at(-1);
  const more = final !== undefined && last + 1 + ask.size < list.length;
  return { entries, nextToken: more ? makeToken(keyOf(final)) : null };
}

function makeToken(key: string): string {
  return Buffer.from(FORM + key).toString('base64url');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (!text.startsWith(FORM)) throw badToken();
  return text.slice(FORM.length);
}

function badToken(): Error {
  return invalid('The provided next token is invalid.');
}
