/** The load's reader: right answers are right however they are cut, wrong ones never are. */
import { describe, expect, it } from 'vitest';
import { AnswerReader } from '../answer-reader.ts';

const EXPECTED = Buffer.from('the river carries what the hills let go');
const SIZED = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Length: ${EXPECTED.length}\r\n\r\n${String(EXPECTED)}`,
);
const CHUNKED = Buffer.from(
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n' +
    `9\r\nthe river\r\n1E\r\n carries what the hills let go\r\n0\r\n\r\n`,
);

/** Reads an answer in pieces of at most `size` bytes and gives the fault found at its end. */
function read(reader: AnswerReader, answer: Buffer, size: number): string | null {
  for (let at = 0; at < answer.length; at += size) {
    const piece = Buffer.from(answer.subarray(at, at + size));
    const complete = reader.push(piece, piece.length);
    expect(complete).toBe(at + size >= answer.length);
  }
  const { fault } = reader;
  reader.reset();
  return fault;
}

describe('AnswerReader', () => {
  it.each([
    ['sized', SIZED],
    ['chunked', CHUNKED],
  ])('accepts a %s answer cut at any distance, one after the other', (_, answer) => {
    const reader = new AnswerReader(EXPECTED);
    for (let size = 1; size <= answer.length; size += 1) {
      expect(read(reader, answer, size)).toBeNull();
    }
  });

  it('reads no further than the bytes that arrived', () => {
    const reader = new AnswerReader(EXPECTED);
    const buffer = Buffer.concat([SIZED, Buffer.from('left over from another connection')]);
    expect(reader.push(buffer, SIZED.length)).toBe(true);
    expect(reader.fault).toBeNull();
  });

  it.each<[string, string, RegExp]>([
    ['a changed byte', String(SIZED).replace('hills', 'bills'), /differs/],
    ['a longer body', String(CHUNKED).replace('0\r\n\r\n', '1\r\n!\r\n0\r\n\r\n'), /differs/],
    ['a shorter body', String(CHUNKED).replace('9\r\nthe river\r\n', ''), /differs|short/],
    ['an empty body', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', /short/],
    ['bytes after the end', `${String(SIZED)}HTTP/1.1`, /8 bytes after/],
    ['no length', 'HTTP/1.1 200 OK\r\n\r\n', /without a length/],
    ['another status', 'HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nwait', /503 Busy wait/],
  ])('faults %s', (_, answer, fault) => {
    const reader = new AnswerReader(EXPECTED);
    const bytes = Buffer.from(answer);
    expect(reader.push(bytes, bytes.length)).toBe(true);
    expect(reader.fault).toMatch(fault);
  });
});
