/**
 * The event stream of a model service, frame by frame, as its format is documented: lengths and
 * headers with checksums of their own, then a payload, then a checksum of all.
 */
import { crc32 } from 'node:zlib';

const STRING = 7;

/** What a stream of the service tells. */
export interface StreamedAnswer {
  readonly text: readonly string[];
  /** Null: it ends without. */
  readonly usage: object | null;
}

/** All frames of a whole answer, in their order. */
export function answerFrames({ text, usage }: StreamedAnswer): Buffer[] {
  return [
    event('messageStart', { role: 'assistant' }),
    ...text.map((part) => event('contentBlockDelta', delta(part))),
    event('contentBlockStop', { contentBlockIndex: 0 }),
    event('messageStop', { stopReason: 'end_turn' }),
    ...(usage === null ? [] : [event('metadata', { usage, metrics: { latencyMs: 1 } })]),
  ];
}

/** A failure that the service names in its stream. */
export function exceptionOf(message: string): Buffer {
  return frame({ ':message-type': 'exception', ':exception-type': EXCEPTION }, { message });
}

const EXCEPTION = 'modelStreamErrorException';

function delta(text: string): object {
  return { delta: { text }, contentBlockIndex: 0 };
}

function event(type: string, payload: object): Buffer {
  return frame({ ':message-type': 'event', ':event-type': type }, payload);
}

function frame(headers: Readonly<Record<string, string>>, payload: object): Buffer {
  const all = { ...headers, ':content-type': 'application/json' };
  const head = Buffer.concat(Object.entries(all).map(header));
  const body = Buffer.from(JSON.stringify(payload));
  const bytes = Buffer.alloc(16 + head.length + body.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(head.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  head.copy(bytes, 12);
  body.copy(bytes, 12 + head.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

function header([name, value]: readonly [string, string]): Buffer {
  const bytes = Buffer.alloc(4 + name.length + value.length);
  bytes.writeUInt8(name.length, 0);
  bytes.write(name, 1, 'latin1');
  bytes.writeUInt8(STRING, 1 + name.length);
  bytes.writeUInt16BE(value.length, 2 + name.length);
  bytes.write(value, 4 + name.length, 'latin1');
  return bytes;
}
