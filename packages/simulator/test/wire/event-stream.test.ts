/** Frames are what the codec of the AWS SDK reads, byte for byte. */
import { expect, it } from 'vitest';
import {
  encodeFrame,
  eventHeaders,
  exceptionHeaders,
  spoilChecksum,
} from '../../src/wire/event-stream.ts';
import { decodeFrames } from '../rig.ts';

it('an event and an exception are decoded to what went in', () => {
  const event = encodeFrame(eventHeaders('chunk'), '{"text":"Häuschen 天"}');
  const exception = encodeFrame(exceptionHeaders('throttlingException'), '{"message":"slow"}');
  expect(decodeFrames(Buffer.concat([event, exception]))).toEqual([
    {
      headers: {
        ':event-type': 'chunk',
        ':content-type': 'application/json',
        ':message-type': 'event',
      },
      payload: { text: 'Häuschen 天' },
    },
    {
      headers: {
        ':exception-type': 'throttlingException',
        ':content-type': 'application/json',
        ':message-type': 'exception',
      },
      payload: { message: 'slow' },
    },
  ]);
});

it('a spoilt checksum is noticed', () => {
  const frame = encodeFrame(eventHeaders('chunk'), '{}');
  expect(() => decodeFrames(spoilChecksum(frame))).toThrow('checksum');
  expect(decodeFrames(frame)).toHaveLength(1);
});
