/** An answer that goes on: its signs of life, and its ends. */
import { expect, it } from 'vitest';
import { BEAT_MS, EventStream } from '../../src/admin/event-stream.ts';
import { testClock } from './control-plane.ts';

/** Events that never come, and whether somebody gave them back. */
function silence() {
  const state = { returned: false };
  const waiting = Promise.withResolvers<IteratorResult<unknown>>();
  const end = { value: undefined, done: true } as const;
  const events = {
    next: () => waiting.promise,
    return: () => {
      state.returned = true;
      waiting.resolve(end);
      return Promise.resolve(end);
    },
    [Symbol.asyncIterator]: () => events,
  };
  return { events, state };
}

it('says that it is there while nothing happens', async () => {
  const clock = testClock();
  const { events, state } = silence();
  const stream = new EventStream(events, { clock, stillAllowed: () => Promise.resolve() });
  const read = stream[Symbol.asyncIterator]();
  expect(String((await read.next()).value)).toBe(': listening\n\n');
  const beat = read.next();
  clock.advance(BEAT_MS);
  expect(String((await beat).value)).toBe(': still here\n\n');
  stream.destroy();
  expect(state.returned).toBe(true);
});

it('ends when the listener is allowed no more, and gives the events back', async () => {
  const clock = testClock();
  const { events, state } = silence();
  const refuse = () => Promise.reject(new Error('revoked'));
  const stream = new EventStream(events, { clock, stillAllowed: refuse });
  clock.advance(BEAT_MS);
  const heard = [];
  for await (const chunk of stream) heard.push(String(chunk));
  expect([heard, state.returned]).toEqual([[': listening\n\n'], true]);
});

it('ends with the events, each in the form of the standard', async () => {
  async function* two() {
    yield { a: 1 };
    yield 'b\n';
  }
  const clock = testClock();
  const stream = new EventStream(two(), { clock, stillAllowed: () => Promise.resolve() });
  const heard = [];
  for await (const chunk of stream) heard.push(String(chunk));
  expect(heard.join('')).toBe(': listening\n\ndata: {"a":1}\n\ndata: "b\\n"\n\n');
});
