/**
 * The event-stream encoding: total length, headers length, CRC-32 of those eight bytes, headers,
 * payload, CRC-32 of everything before it; all numbers big-endian. Bedrock uses string headers
 * only.
 */
import { crc32 } from 'node:zlib';

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const STRING_HEADER = 7;

/** The encoded headers of one kind of frame; made once and shared by all frames of that kind. */
export type FrameHeaders = Buffer;

function encodeHeaders(headers: ReadonlyArray<readonly [string, string]>): FrameHeaders {
  const parts = headers.map(([name, value]) => {
    const nameBytes = Buffer.from(name);
    const valueBytes = Buffer.from(value);
    const length = Buffer.alloc(3);
    length.writeUInt8(STRING_HEADER, 0);
    length.writeUInt16BE(valueBytes.length, 1);
    return Buffer.concat([Buffer.from([nameBytes.length]), nameBytes, length, valueBytes]);
  });
  return Buffer.concat(parts);
}

const known = new Map<string, FrameHeaders>();

/** Headers of an `event` frame with a JSON payload. */
export function eventHeaders(eventType: string): FrameHeaders {
  let headers = known.get(eventType);
  if (headers === undefined) {
    headers = encodeHeaders([
      [':event-type', eventType],
      [':content-type', 'application/json'],
      [':message-type', 'event'],
    ]);
    known.set(eventType, headers);
  }
  return headers;
}

/** Headers of an `exception` frame. */
export function exceptionHeaders(exceptionType: string): FrameHeaders {
  return encodeHeaders([
    [':exception-type', exceptionType],
    [':content-type', 'application/json'],
    [':message-type', 'exception'],
  ]);
}

/** One whole frame. */
export function encodeFrame(headers: FrameHeaders, payload: string): Buffer {
  const payloadBytes = Buffer.byteLength(payload);
  const total = PRELUDE_BYTES + headers.length + payloadBytes + CRC_BYTES;
  const frame = Buffer.allocUnsafe(total);
  frame.writeUInt32BE(total, 0);
  frame.writeUInt32BE(headers.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  headers.copy(frame, PRELUDE_BYTES);
  frame.write(payload, PRELUDE_BYTES + headers.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, total - CRC_BYTES)), total - CRC_BYTES);
  return frame;
}

/** The same frame with a message checksum that does not match. */
export function spoilChecksum(frame: Buffer): Buffer {
  const spoiled = Buffer.from(frame);
  const at = spoiled.length - 1;
  spoiled[at] = (spoiled[at] ?? 0) ^ 0xff;
  return spoiled;
}
