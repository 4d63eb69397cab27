/** Short ways to read hand-written requests, replies and streams of a body family. */
import { usageOf } from '@tollkeeper/core';
import type { BodyFamily, RequestShape, Usage, UsageReading } from '@tollkeeper/core';
import type {
  ReplyReading,
  StreamReading,
  UnitsAsked,
} from '../../../../src/gateway/wire/reading.ts';
import { readReply } from '../../../../src/gateway/wire/reply.ts';
import { readRequest } from '../../../../src/gateway/wire/request.ts';
import { StreamMeter } from '../../../../src/gateway/wire/stream-meter.ts';
import { chunk } from '../event-stream-samples.ts';

export type Headers = Readonly<Record<string, string>>;

/** What a request asks for. */
export function ask(
  family: BodyFamily,
  body: unknown,
  headers: Headers = {},
): { readonly shape: RequestShape; readonly asked: UnitsAsked | undefined } {
  const reading = readRequest('invoke', family, (name) => headers[name], bytes(body));
  if (reading.kind !== 'ok') throw new Error(reading.message);
  return { shape: reading.shape, asked: reading.asked };
}

/** What a reply of status 200 says; `request` is the body that it answers. */
export function reply(
  family: BodyFamily,
  body: unknown,
  headers: Headers = {},
  request?: unknown,
): ReplyReading {
  const asked = request === undefined ? undefined : ask(family, request).asked;
  return readReply('invoke', family, (name) => headers[name], bytes(body), asked);
}

/** What a stream of whole chunks says. */
export function stream(family: BodyFamily, chunks: readonly unknown[]): StreamReading {
  const meter = new StreamMeter('invoke-with-response-stream', family, 40);
  for (const each of chunks) meter.push(chunk(each));
  return meter.finish();
}

/** The last member of a last chunk. */
export function metrics(input: number, output: number, more: object = {}): object {
  const counts = { inputTokenCount: input, outputTokenCount: output, ...more };
  return { 'amazon-bedrock-invocationMetrics': { ...counts, invocationLatency: 5 } };
}

/** The token headers of InvokeModel. */
export function counted(input: number, output?: number): Headers {
  return {
    'x-amzn-bedrock-input-token-count': String(input),
    ...(output === undefined ? {} : { 'x-amzn-bedrock-output-token-count': String(output) }),
  };
}

/** Usage that was reported. */
export function reported(usage: Partial<Usage>): UsageReading {
  return { source: 'reported', usage: usageOf(usage) };
}

function bytes(body: unknown): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
