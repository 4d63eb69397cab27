/**
 * The incremental decoder: whole frames out whatever the cuts, and a definite stop at the first bad
 * one.
 */
import { describe, expect, test } from 'vitest';
import { crc32 } from 'node:zlib';
import { EventStreamDecoder } from '../../../src/gateway/wire/event-stream.ts';
import { errorFrame, event, exception, frame } from './event-stream-samples.ts';

interface Seen {
  readonly messageType: string;
  readonly type: string;
  readonly payload: string;
}

function decode(chunks: readonly Uint8Array[]): { seen: Seen[]; decoder: EventStreamDecoder } {
  const seen: Seen[] = [];
  const decoder = new EventStreamDecoder((f) =>
    seen.push({ messageType: f.messageType, type: f.type, payload: f.payload.toString() }),
  );
  for (const bytes of chunks) decoder.push(bytes);
  return { seen, decoder };
}

/** The smallest frame there is: no headers, no payload. */
const EMPTY_FRAME = Buffer.from('000000100000000005c248eb7d98c8ff', 'hex');

describe('valid streams', () => {
  test('a frame written by hand is read', () => {
    expect(decode([EMPTY_FRAME]).seen).toEqual([{ messageType: '', type: '', payload: '' }]);
  });

  test('events, exceptions and errors carry their names', () => {
    const { seen } = decode([
      event('messageStop', { stopReason: 'end_turn' }),
      exception('throttlingException', 'slow down'),
      errorFrame('InternalFailure', 'oops'),
    ]);
    expect(seen).toEqual([
      { messageType: 'event', type: 'messageStop', payload: '{"stopReason":"end_turn"}' },
      {
        messageType: 'exception',
        type: 'throttlingException',
        payload: '{"message":"slow down"}',
      },
      { messageType: 'error', type: 'InternalFailure', payload: '' },
    ]);
  });

  test('headers of every type are passed over', () => {
    const value = Buffer.concat([
      Buffer.from([1, 0x61, 0]),
      Buffer.from([1, 0x62, 1]),
      Buffer.from([1, 0x63, 2, 9]),
      Buffer.from([1, 0x64, 3, 0, 9]),
      Buffer.from([1, 0x65, 4, 0, 0, 0, 9]),
      Buffer.from([1, 0x66, 5, 0, 0, 0, 0, 0, 0, 0, 9]),
      Buffer.from([1, 0x67, 6, 0, 2, 1, 2]),
      Buffer.from([1, 0x68, 8, 0, 0, 0, 0, 0, 0, 0, 9]),
      Buffer.concat([Buffer.from([1, 0x69, 9]), Buffer.alloc(16)]),
      Buffer.from('\x0d:message-type\x07\x00\x05event', 'latin1'),
    ]);
    const { seen } = decode([rawFrame(value, Buffer.from('x'))]);
    expect(seen).toEqual([{ messageType: 'event', type: '', payload: 'x' }]);
  });

  test('one byte at a time gives the same frames, and a boundary is known as one', () => {
    const bytes = Buffer.concat([event('a', 1), event('b', { long: 'x'.repeat(9000) })]);
    const { seen, decoder } = decode([...bytes].map((byte) => Uint8Array.of(byte)));
    expect(seen).toEqual(decode([bytes]).seen);
    expect(seen.map((f) => f.type)).toEqual(['a', 'b']);
    expect(decoder.partialBytes).toBe(0);
  });

  test('the bytes of an unfinished frame are counted', () => {
    const { seen, decoder } = decode([event('a', 1), event('b', 2).subarray(0, 20)]);
    expect(seen).toHaveLength(1);
    expect(decoder.partialBytes).toBe(20);
    expect(decoder.broken).toBeNull();
  });

  test('a cut frame survives the reuse of the buffer it came in', () => {
    const bytes = event('a', { text: 'kept' });
    const reused = Buffer.alloc(30);
    const payloads: string[] = [];
    const decoder = new EventStreamDecoder((f) => payloads.push(f.payload.toString()));
    for (let at = 0; at < bytes.length; at += 30) {
      const size = bytes.copy(reused, 0, at, at + 30);
      decoder.push(reused.subarray(0, size));
      reused.fill(0);
    }
    expect(payloads).toEqual(['{"text":"kept"}']);
  });

  test('the largest payload is read', () => {
    const { seen, decoder } = decode([frame({}, Buffer.alloc(24 * 1024 * 1024, 0x61))]);
    expect(decoder.broken).toBeNull();
    expect(seen[0]?.payload.length).toBe(24 * 1024 * 1024);
  });
});

describe('broken streams', () => {
  test.each([
    ['a wrong prelude checksum', flip(event('a', 1), 9)],
    ['a wrong length', flip(event('a', 1), 2)],
    ['a changed payload', flip(event('a', 1), -5)],
    ['a wrong frame checksum', flip(event('a', 1), -1)],
    ['a length below the overhead', prelude(15, 0)],
    ['headers longer than the frame', prelude(100, 85)],
    ['a frame above 24 MiB', prelude(24 * 1024 * 1024 + 17, 0)],
    ['headers above 128 KiB', prelude(200_000, 128 * 1024 + 1)],
    ['a frame of 4 GiB', prelude(0xffffffff, 0)],
    ['a header of unknown type', rawFrame(Buffer.from([1, 0x61, 10]), Buffer.alloc(0))],
    ['a header value past the end', rawFrame(Buffer.from([1, 0x61, 7, 0, 9]), Buffer.alloc(0))],
    ['a header name past the end', rawFrame(Buffer.from([200, 0x61]), Buffer.alloc(0))],
    ['a header without a type', rawFrame(Buffer.from([1, 0x61]), Buffer.alloc(0))],
  ])('%s ends the reading for good', (_, bytes) => {
    for (const chunks of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))]) {
      const { seen, decoder } = decode([event('first', 1), ...chunks, event('later', 1)]);
      expect(seen.map((f) => f.type)).toEqual(['first']);
      expect(decoder.broken).toBeTypeOf('string');
    }
  });

  test('a frame of impossible length is refused before its bytes are waited for', () => {
    expect(decode([prelude(0x7fffffff, 0)]).decoder.broken).not.toBeNull();
    expect(decode([prelude(100, 85)]).decoder.broken).not.toBeNull();
    expect(decode([prelude(100, 84)]).decoder.broken).toBeNull();
  });
});

function rawFrame(headers: Buffer, payload: Buffer): Buffer {
  const total = 16 + headers.length + payload.length;
  const body = Buffer.concat([prelude(total, headers.length), headers, payload]);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(crc32(body));
  return Buffer.concat([body, end]);
}

function prelude(total: number, headers: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(total, 0);
  bytes.writeUInt32BE(headers, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  return bytes;
}

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 0x01;
  return copy;
}
