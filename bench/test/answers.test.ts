/** The fixed question and answers, read by somebody else's parser. */
import { EventStreamCodec } from '@smithy/core/event-streams';
import { describe, expect, it } from 'vitest';
import { CONVERSE_REPLY, REQUEST_BODY, STREAM_FRAMES, USAGE } from '../answers.ts';

describe('the question', () => {
  it('is a Converse body of exactly 400 bytes', () => {
    expect(REQUEST_BODY).toHaveLength(400);
    expect(JSON.parse(String(REQUEST_BODY))).toHaveProperty('messages.0.content.0.text');
  });
});

describe('the answers', () => {
  it('are about 600 bytes when not streamed, with usage', () => {
    expect(CONVERSE_REPLY.length).toBeGreaterThan(550);
    expect(CONVERSE_REPLY.length).toBeLessThan(650);
    expect(JSON.parse(String(CONVERSE_REPLY))).toMatchObject({ usage: USAGE });
  });

  it('are 50 event-stream frames that the AWS codec decodes, with usage in the last', () => {
    const codec = new EventStreamCodec(
      (bytes) => Buffer.from(bytes).toString(),
      (text) => Buffer.from(text),
    );
    const messages = STREAM_FRAMES.map((frame) => codec.decode(frame));
    expect(messages).toHaveLength(50);
    expect(messages[0]?.headers[':event-type']?.value).toBe('messageStart');
    expect(messages.at(-2)?.headers[':event-type']?.value).toBe('messageStop');
    expect(messages.at(-1)?.headers[':event-type']?.value).toBe('metadata');
    const last = Buffer.from(messages.at(-1)?.body ?? []).toString();
    expect(JSON.parse(last)).toMatchObject({ usage: USAGE });
  });
});
