/** Drives the parser with bytes and keeps what it told, in a form that can be compared. */
import { ReplyParser } from '../../../src/adapters/http1/reply-parser.ts';

/** What a reply came to. */
export interface Reading {
  readonly status: number | null;
  readonly rawHeaders: readonly string[];
  /** As latin1. */
  readonly body: string;
  /** How often its end was told, and whether the connection may be used again (null: no end). */
  readonly ends: number;
  readonly reusable: boolean | null;
  /** What was wrong, if anything was. */
  readonly error: string | null;
}

/** Reads `pieces` as one reply; `closes`: the peer closes after them. */
export function readReply(pieces: readonly (string | Buffer)[], closes = false): Reading {
  let status: number | null = null;
  let rawHeaders: readonly string[] = [];
  let ends = 0;
  let reusable: boolean | null = null;
  const body: Buffer[] = [];
  const sink = {
    head: (gotStatus: number, gotHeaders: readonly string[]): void => {
      if (status !== null) throw new Error('two heads');
      status = gotStatus;
      rawHeaders = gotHeaders;
    },
    data: (chunk: Uint8Array): void => {
      if (status === null || ends > 0) throw new Error('data out of turn');
      if (chunk.length === 0) throw new Error('empty data');
      body.push(Buffer.from(chunk));
    },
    end: (again: boolean): void => {
      if (status === null) throw new Error('an end without a head');
      ends += 1;
      reusable = again;
    },
  };
  const parser = new ReplyParser(sink);
  parser.next(sink);
  let error: string | null = null;
  for (const piece of pieces) {
    error ??= parser.push(Buffer.isBuffer(piece) ? piece : Buffer.from(piece, 'latin1')) ?? null;
  }
  if (closes) error ??= parser.close() ?? null;
  return {
    status,
    rawHeaders,
    body: Buffer.concat(body).toString('latin1'),
    ends,
    reusable,
    error,
  };
}

/** The same bytes, one by one. */
export function oneByOne(text: string): string[] {
  return text.split('');
}
