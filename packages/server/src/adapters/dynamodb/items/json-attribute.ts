/**
 * JSON in an item. Long texts are compressed: pieces of the price book would otherwise come near
 * the size that an item may have.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { textOf } from './attribute-values.ts';
import type { Item } from './items.ts';

/** Characters from which on a text is compressed. */
const LONG = 8 * 1024;

/** Attributes that hold a value: its JSON, or that compressed, in base64. */
export type JsonAttribute = { readonly json: string } | { readonly zipped: string };

/** Puts a value into attributes. */
export function toJsonAttribute(value: unknown): JsonAttribute {
  const json = JSON.stringify(value);
  if (json.length < LONG) return { json };
  return { zipped: deflateRawSync(json).toString('base64') };
}

/** The value that is in an item, as its writer gave it. */
export function fromJsonAttribute<T>(item: Item): T {
  const { json, zipped } = item;
  const text =
    typeof zipped === 'string'
      ? inflateRawSync(Buffer.from(zipped, 'base64')).toString('utf8')
      : textOf(json);
  return JSON.parse(text) as T;
}
