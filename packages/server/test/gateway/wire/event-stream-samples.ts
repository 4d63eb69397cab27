/**
 * Frames and streams for the wire tests, encoded by AWS's own codec: not by the code under test.
 */
import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';

export const codec = new EventStreamCodec(toUtf8, fromUtf8);

/** A frame with string headers. */
export function frame(headers: Readonly<Record<string, string>>, payload: Uint8Array): Buffer {
  const typed = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }]),
  );
  return Buffer.from(codec.encode({ headers: typed, body: payload }));
}

/** An event frame with a JSON payload. */
export function event(type: string, payload: unknown): Buffer {
  const headers = {
    ':event-type': type,
    ':content-type': 'application/json',
    ':message-type': 'event',
  };
  return frame(headers, Buffer.from(JSON.stringify(payload)));
}

/** A `chunk` frame of an InvokeModel stream, with padding as Bedrock sends it. */
export function chunk(inner: unknown): Buffer {
  const bytes = Buffer.from(JSON.stringify(inner)).toString('base64');
  return event('chunk', { bytes, p: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ' });
}

/** An exception frame as Bedrock sends it in the middle of a stream. */
export function exception(type: string, message: string): Buffer {
  const headers = {
    ':exception-type': type,
    ':content-type': 'application/json',
    ':message-type': 'exception',
  };
  return frame(headers, Buffer.from(JSON.stringify({ message })));
}

/** An `error` frame: name and message in headers, no payload. */
export function errorFrame(code: string, message: string): Buffer {
  const headers = { ':error-code': code, ':error-message': message, ':message-type': 'error' };
  return frame(headers, new Uint8Array(0));
}
