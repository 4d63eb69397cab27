/**
 * Opens a JSON request body: everything that could make our reading differ from the upstream's is
 * refused here, in words that tell the caller what to change.
 */
import { isUtf8 } from 'node:buffer';
import { scanJson } from './json-scan.ts';
import type { JsonScan } from './json-scan.ts';
import type { HeaderLookup } from './reading.ts';
import { isObject } from './usage-counts.ts';

/** Deepest nesting of a body that is read; SDK requests stay far below. */
export const NESTING_MAX = 256;

/** Digits, sign and point of the largest double written out in full. */
const exponentBytesMax = 330;

/** The refusal of a body of which two parsers could read two things. */
export const NAMED_TWICE = 'The request body names a member twice in one object.';

/** A body that was read, or the sentence that tells the caller why it cannot be. */
export type OpenedBody =
  | {
      readonly kind: 'ok';
      readonly text: string;
      readonly parsed: Readonly<Record<string, unknown>>;
      readonly scan: JsonScan;
    }
  | { readonly kind: 'invalid'; readonly message: string };

/**
 * The JSON object in a body. Never throws; time is linear. Members named twice are not told yet:
 * whoever walks the body counts its members and compares them with the scan.
 */
export function openBody(headers: HeaderLookup, body: Uint8Array): OpenedBody {
  const compressed = whyCompressed(headers);
  if (compressed !== null) return { kind: 'invalid', message: compressed };
  if (!isUtf8(body)) return invalid('The request body is not UTF-8.');
  const text = textOf(body);
  const scan = scanJson(text);
  if (scan.depth > NESTING_MAX) return invalid('The request body nests too deeply.');
  const parsed = parseText(text);
  if (parsed === undefined) return invalid('The request body is not valid JSON.');
  if (!isObject(parsed)) return invalid('The request body is not a JSON object.');
  return { kind: 'ok', text, parsed, scan };
}

/** Why a body cannot be read as it came, or null. */
export function whyCompressed(headers: HeaderLookup): string | null {
  const encoding = headers('content-encoding');
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return null;
  return 'The request body must not be compressed.';
}

/** The most bytes of text in a body; `request.ts` says why. */
export function textBytesOf(body: Uint8Array, scan: JsonScan): number {
  return body.byteLength + scan.exponents * exponentBytesMax;
}

/** The text of a body. */
export function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** The JSON value, or undefined (which no JSON text means) when the text is not JSON. */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function invalid(message: string): OpenedBody {
  return { kind: 'invalid', message };
}
