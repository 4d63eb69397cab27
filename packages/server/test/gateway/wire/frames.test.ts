/** The exception frame is read back with AWS's own codec. */
import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';
import { expect, test } from 'vitest';
import { exceptionFrame } from '../../../src/gateway/wire/frames.ts';

const codec = new EventStreamCodec(toUtf8, fromUtf8);

test.each(['throttlingException', 'modelStreamErrorException', 'validationException'] as const)(
  "%s is a modelled exception to AWS's decoder",
  (type) => {
    const message = codec.decode(exceptionFrame(type, 'caf\u00e9 "\u4e2d"'));
    const headers = Object.fromEntries(
      Object.entries(message.headers).map(([name, header]) => [name, header.value]),
    );
    expect(headers).toEqual({
      ':message-type': 'exception',
      ':exception-type': type,
      ':content-type': 'application/json',
    });
    expect(JSON.parse(toUtf8(message.body))).toEqual({ message: 'caf\u00e9 "\u4e2d"' });
  },
);

test('an empty message makes a valid frame too', () => {
  expect(() => codec.decode(exceptionFrame('throttlingException', ''))).not.toThrow();
});
