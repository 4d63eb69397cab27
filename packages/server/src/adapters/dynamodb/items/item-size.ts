/**
 * How large items are by the rules of DynamoDB, and what reading and writing them costs by that.
 */
import type { Item, ItemKey, ItemValue, Write } from './items.ts';

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;
/** What a list or a map takes besides its members, and each member. */
const CONTAINER_BYTES = 3;
/** Of a number of JavaScript that is not whole. */
const DIGITS_MAX = 17;
const MEMBER_BYTES = 1;

/** Text in UTF-8, as names and values are counted. */
const textBytes = (text: string): number => Buffer.byteLength(text, 'utf8');

/** Bytes of an item, no less than DynamoDB counts. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) bytes += textBytes(name) + valueBytes(value);
  }
  return bytes;
}

/** Bytes of a key with its names. */
export const keyBytes = ({ pk, sk }: ItemKey): number => textBytes(pk) + textBytes(sk) + 4;

/** Write units of one part of a transaction, or of a write by itself. */
export function writeUnits(write: Write, transactional: boolean): number {
  const bytes = write.op === 'put' ? itemBytes(write.item) : 0;
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES)) * (transactional ? 2 : 1);
}

/** Read units of one strongly consistent read of so many bytes. */
export const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));

/** A byte for two significant digits, and one or two more. */
function numberBytes(value: number): number {
  const size = Math.abs(value);
  // Zeros at the end do not count; whoever has some is taken for a little larger.
  const digits = Number.isSafeInteger(value) ? Math.floor(Math.log10(size + 0.5)) + 1 : DIGITS_MAX;
  return Math.ceil(Math.max(1, digits) / 2) + (value < 0 ? 2 : 1);
}

function valueBytes(value: ItemValue): number {
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'number') return numberBytes(value);
  if (typeof value === 'boolean' || value === null) return 1;
  let bytes = CONTAINER_BYTES;
  for (const [name, member] of Object.entries(value)) {
    bytes += valueBytes(member) + MEMBER_BYTES + (Array.isArray(value) ? 0 : textBytes(name));
  }
  return bytes;
}
