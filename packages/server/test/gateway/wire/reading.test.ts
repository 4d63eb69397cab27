/** The four operations by path and by the names of the service model. */
import { expect, test } from 'vitest';
import { OPERATIONS } from '../../../src/gateway/wire/reading.ts';

test('each path segment stands for one operation, and only two of them stream', () => {
  expect(OPERATIONS).toEqual({
    converse: { name: 'Converse', streamed: false },
    'converse-stream': { name: 'ConverseStream', streamed: true },
    invoke: { name: 'InvokeModel', streamed: false },
    'invoke-with-response-stream': { name: 'InvokeModelWithResponseStream', streamed: true },
  });
});
