/** Server-sent events as a client reads them. */
import { expect, it } from 'vitest';
import { eventsOf } from '../src/event-stream.ts';

async function* chunks(...texts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield typeof text === 'string' ? new TextEncoder().encode(text) : text;
}

async function read(body: AsyncIterable<Uint8Array> | null): Promise<unknown[]> {
  const events = [];
  for await (const event of eventsOf(body)) events.push(event);
  return events;
}

it('reads events in order and passes over comments', async () => {
  const text = ': listening\n\ndata: {"a":1}\n\n: still here\n\nevent: x\ndata: [\ndata: 2]\n\n';
  expect(await read(chunks(text))).toEqual([{ a: 1 }, [2]]);
});

it('reads the same wherever the stream is cut, also inside a letter', async () => {
  const bytes = new TextEncoder().encode('data: {"name":"Zürich"}\n\ndata: 2\n\n');
  for (let cut = 0; cut <= bytes.length; cut++) {
    const parts = chunks(bytes.subarray(0, cut), bytes.subarray(cut));
    expect(await read(parts)).toEqual([{ name: 'Zürich' }, 2]);
  }
});

it('leaves out an event that was cut, and an answer without a body', async () => {
  expect(await read(chunks('data: 1\n\ndata: {"a"'))).toEqual([1]);
  expect(await read(null)).toEqual([]);
});

it('gives up on an event that does not end', async () => {
  const long = 'x'.repeat(1024 * 1024);
  const endless = chunks('data: ', long, long, long, long, long);
  await expect(read(endless)).rejects.toThrow(RangeError);
});
