/**
 * Encodes the one kind of event-stream frame that the gateway writes itself: a modelled exception
 * that ends a stream. Clients do not notice a stream that merely stops, so a broken one must be
 * ended by name.
 */
import { crc32 } from 'node:zlib';

/** Exceptions that every AWS SDK knows on the response streams of the model operations. */
export type StreamException =
  | 'internalServerException'
  | 'modelStreamErrorException'
  | 'modelTimeoutException'
  | 'serviceUnavailableException'
  | 'throttlingException'
  | 'validationException';

const stringType = 7;

/** A complete frame with `:message-type` exception and `{message}` as its JSON payload. */
export function exceptionFrame(type: StreamException, message: string): Buffer {
  const headers = Buffer.concat([
    stringHeader(':exception-type', type),
    stringHeader(':content-type', 'application/json'),
    stringHeader(':message-type', 'exception'),
  ]);
  return encodeFrame(headers, Buffer.from(JSON.stringify({ message })));
}

function stringHeader(name: string, value: string): Buffer {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  const fixed = Buffer.alloc(3);
  fixed.writeUInt8(stringType, 0);
  fixed.writeUInt16BE(valueBytes.length, 1);
  return Buffer.concat([Buffer.from([nameBytes.length]), nameBytes, fixed, valueBytes]);
}

function encodeFrame(headers: Buffer, payload: Buffer): Buffer {
  const total = 16 + headers.length + payload.length;
  const frame = Buffer.alloc(total);
  frame.writeUInt32BE(total, 0);
  frame.writeUInt32BE(headers.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  headers.copy(frame, 12);
  payload.copy(frame, 12 + headers.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, total - 4)), total - 4);
  return frame;
}
