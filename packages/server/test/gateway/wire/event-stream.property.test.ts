/**
 * The decoder says the same as AWS's own, however the stream is cut, and random bytes never make it
 * throw.
 */
import { EventStreamMarshaller } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventStreamDecoder } from '../../../src/gateway/wire/event-stream.ts';
import { codec, frame } from './event-stream-samples.ts';

const bounds = { interruptAfterTimeLimit: 1500, numRuns: 400 };

const frames = fc.array(
  fc.record({
    type: fc.string({ unit: 'grapheme', maxLength: 20 }),
    extra: fc.string({ maxLength: 30 }),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 8 },
);
const cuts = fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 20 });

function cutUp(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

test('every frame that AWS encodes is read as AWS decodes it, in any cuts', () => {
  fc.assert(
    fc.property(frames, cuts, (wanted, sizes) => {
      const encoded = wanted.map((f) =>
        frame(
          { 'x-extra': f.extra, ':event-type': f.type, ':message-type': 'event' },
          Buffer.from(f.payload),
        ),
      );
      const seen: { type: string; payload: string }[] = [];
      const decoder = new EventStreamDecoder((f) =>
        seen.push({ type: f.type, payload: f.payload.toString('hex') }),
      );
      for (const bytes of cutUp(Buffer.concat(encoded), sizes)) decoder.push(bytes);
      const decoded = encoded.map((bytes) => codec.decode(bytes));
      expect(seen).toEqual(
        decoded.map((m) => ({
          type: m.headers[':event-type']?.value,
          payload: Buffer.from(m.body).toString('hex'),
        })),
      );
      expect(decoder.broken).toBeNull();
      expect(decoder.partialBytes).toBe(0);
    }),
    bounds,
  );
});

test("a stream cut anywhere gives the frames that AWS's incremental reader gives", async () => {
  const marshaller = new EventStreamMarshaller({ utf8Encoder: toUtf8, utf8Decoder: fromUtf8 });
  await fc.assert(
    fc.asyncProperty(frames, cuts, fc.nat(2000), async (wanted, sizes, dropped) => {
      const whole = Buffer.concat(
        wanted.map((f) => frame({ ':event-type': 'e', ':message-type': 'event' }, f.payload)),
      );
      const chunks = cutUp(whole.subarray(0, Math.max(0, whole.length - dropped)), sizes);
      const theirs: string[] = [];
      let truncated = false;
      try {
        const stream = marshaller.deserialize(Readable.from(chunks), async (input) => input);
        for await (const message of stream) {
          for (const part of Object.values(message)) {
            theirs.push(Buffer.from(part.body).toString('hex'));
          }
        }
      } catch {
        truncated = true;
      }
      const ours: string[] = [];
      const decoder = new EventStreamDecoder((f) => ours.push(f.payload.toString('hex')));
      for (const bytes of chunks) decoder.push(bytes);
      expect(ours).toEqual(theirs);
      // Their reader passes over a cut within the four bytes of a length; ours does not.
      expect(decoder.partialBytes > 3).toBe(truncated);
    }),
    bounds,
  );
});

test('random bytes never throw and never hold more than came', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
      const decoder = new EventStreamDecoder(() => undefined);
      let bytes = 0;
      for (const part of chunks) {
        decoder.push(part);
        bytes += part.length;
        expect(decoder.partialBytes).toBeLessThanOrEqual(bytes);
      }
    }),
    bounds,
  );
});
