/**
 * The one question and the two answers of the bench, byte by byte: what the load sends, what the
 * fixed-answer upstream replies, and what the load then demands back through relay and gateway
 * alike. Everything is built once; nothing here depends on time or chance, so its digest names
 * the work done.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A model that the shipped catalogue prices, so that pricing is part of what is measured. */
export const MODEL_ID = 'amazon.nova-lite-v1:0';

/** Which of the two operations a run calls. */
export type Kind = 'converse' | 'stream';

/** How calls are authorised, on their way in as on their way out. */
export type Credentials = 'bearer' | 'sigv4';

/** What every answer reports, and so what every ledger entry has to say. */
export const USAGE = { inputTokens: 87, outputTokens: 128, totalTokens: 215 } as const;

/** Size of the Converse request in bytes, fixed by the rules of the bench. */
const REQUEST_BYTES = 400;
/** Frames of the streamed answer, fixed by the rules of the bench. */
export const STREAM_FRAME_COUNT = 50;
/** Frames that are not text: messageStart, contentBlockStop, messageStop, metadata. */
const STREAM_FRAMES_AROUND_TEXT = 4;

/** Path of the operation, encoded as the AWS SDKs do. */
export function pathOf(kind: Kind): string {
  const operation = kind === 'converse' ? 'converse' : 'converse-stream';
  return `/model/${encodeURIComponent(MODEL_ID)}/${operation}`;
}

/** The request body: a Converse question, padded with words to exactly 400 bytes. */
export const REQUEST_BODY: Buffer = buildRequest();

/** The non-streamed answer, about 600 bytes with usage. */
export const CONVERSE_REPLY: Buffer = Buffer.from(
  JSON.stringify({
    metrics: { latencyMs: 412 },
    output: { message: { content: [{ text: words(430) }], role: 'assistant' } },
    stopReason: 'end_turn',
    usage: USAGE,
  }),
);

/** The streamed answer: 50 event-stream frames, usage in the last. */
export const STREAM_FRAMES: readonly Buffer[] = buildFrames();

/** The body a caller has to receive, whatever stands between it and the upstream. */
export const EXPECTED_BODY: Readonly<Record<Kind, Buffer>> = {
  converse: CONVERSE_REPLY,
  stream: Buffer.concat(STREAM_FRAMES),
};

/** Hex SHA-256 of question and answers: two runs that print it alike did the same work. */
export function digestOfWork(): string {
  const hash = createHash('sha256');
  hash.update(pathOf('converse')).update(pathOf('stream')).update(REQUEST_BODY);
  return hash.update(EXPECTED_BODY.converse).update(EXPECTED_BODY.stream).digest('hex');
}

function buildRequest(): Buffer {
  const withText = (text: string): string =>
    JSON.stringify({
      inferenceConfig: { maxTokens: 256, temperature: 0.2 },
      messages: [{ content: [{ text }], role: 'user' }],
    });
  return Buffer.from(withText(words(REQUEST_BYTES - withText('').length)));
}

function buildFrames(): readonly Buffer[] {
  const frames = [frame('messageStart', { p: 'abcdef', role: 'assistant' })];
  for (let i = 0; i < STREAM_FRAME_COUNT - STREAM_FRAMES_AROUND_TEXT; i += 1) {
    const delta = { text: words(12) };
    frames.push(frame('contentBlockDelta', { contentBlockIndex: 0, delta, p: 'abcdefghijkl' }));
  }
  frames.push(frame('contentBlockStop', { contentBlockIndex: 0, p: 'abc' }));
  frames.push(frame('messageStop', { p: 'abcdefgh', stopReason: 'end_turn' }));
  frames.push(frame('metadata', { metrics: { latencyMs: 412 }, p: 'ab', usage: USAGE }));
  return frames;
}

/** One event-stream frame as Bedrock sends it (vnd.amazon.eventstream, string headers only). */
function frame(eventType: string, payload: object): Buffer {
  const headers = Buffer.concat([
    header(':event-type', eventType),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const message = Buffer.alloc(12 + headers.length + body.length + 4);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  headers.copy(message, 12);
  body.copy(message, 12 + headers.length);
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4);
  return message;
}

function header(name: string, value: string): Buffer {
  const bytes = Buffer.alloc(1 + name.length + 3 + value.length);
  bytes.writeUInt8(name.length, 0);
  bytes.write(name, 1);
  bytes.writeUInt8(7, 1 + name.length);
  bytes.writeUInt16BE(value.length, 2 + name.length);
  bytes.write(value, 4 + name.length);
  return bytes;
}

/** Plain words of exactly `length` characters. */
function words(length: number): string {
  const sentence = 'the river carries what the hills let go and the sea keeps no account of it ';
  return sentence.repeat(Math.ceil(length / sentence.length)).slice(0, length);
}
