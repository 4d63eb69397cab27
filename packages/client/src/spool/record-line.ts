/**
 * How a record lies in a segment of the spool: one line, a checksum before the JSON. A line that
 * was only half written when the process or the machine stopped has no end, or another sum.
 */
import { crc32 } from 'node:zlib';

/** The longest line that is written. */
export const LINE_BYTES_MAX = 16 * 1024;

/** What stands between one line end and the next. */
export type Line = {
  /** Bytes from the start of what was read to the end of the line. */
  readonly end: number;
} & (
  | { readonly kind: 'record'; readonly value: unknown }
  | { readonly kind: 'damaged'; readonly text: string }
);

const NEWLINE = 0x0a;
const SUM_LENGTH = 8;

/** The line of a value that JSON can say, its end included. */
export function lineOf(value: unknown): Buffer {
  const json = JSON.stringify(value);
  return Buffer.from(`${sumOf(json)} ${json}\n`);
}

/** All lines that have an end, at most `max`. What follows the last of them is left out. */
export function linesIn(bytes: Buffer, max: number): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; lines.length < max;) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline < 0) break;
    lines.push(read(bytes.toString('utf8', start, newline), newline + 1));
    start = newline + 1;
  }
  return lines;
}

function read(text: string, end: number): Line {
  const json = text.slice(SUM_LENGTH + 1);
  if (text.slice(0, SUM_LENGTH + 1) !== `${sumOf(json)} `) return { kind: 'damaged', text, end };
  try {
    return { kind: 'record', value: JSON.parse(json), end };
  } catch {
    return { kind: 'damaged', text, end };
  }
}

function sumOf(json: string): string {
  return crc32(json).toString(16).padStart(SUM_LENGTH, '0');
}
