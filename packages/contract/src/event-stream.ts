/** Server-sent events (WHATWG HTML, "server-sent events"), as far as this API uses them. */

/** Their media type. */
export const EVENT_STREAM = 'text/event-stream';

/** Most characters of one event: more than any that the API sends. */
const EVENT_LENGTH_MAX = 4 * 1024 * 1024;

/**
 * The data of every event as JSON, in order, until the server ends the stream. Comments, by which
 * the server says that it is still there, are passed over. Throws what the connection throws, and
 * a RangeError for an event without an end.
 */
export async function* eventsOf(body: AsyncIterable<Uint8Array> | null): AsyncGenerator {
  if (body === null) return;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > EVENT_LENGTH_MAX) throw new RangeError('An event of the stream has no end.');
    for (const block of blocks) {
      const data = dataOf(block);
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

function dataOf(block: string): string | undefined {
  const lines = block.split('\n').filter((line) => line.startsWith('data:'));
  if (lines.length === 0) return undefined;
  return lines.map((line) => line.slice('data:'.length).trimStart()).join('\n');
}
