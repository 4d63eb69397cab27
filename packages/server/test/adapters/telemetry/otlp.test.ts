/** Metrics and spans of real calls, as a collector gets them. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterEach, expect, test } from 'vitest';
import { attributesOf, Collector } from './collector.ts';

let product: RunningProduct | undefined;
afterEach(async () => {
  await product?.close();
  product = undefined;
});

const MODEL = 'amazon.nova-micro-v1:0';
const PROMPT = 'a-prompt-that-nobody-may-see';
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

async function started(settings: Readonly<Record<string, unknown>>): Promise<RunningProduct> {
  product = await startProduct({ settings: { otlpIntervalMs: 100, ...settings } });
  return product;
}

async function call(
  { endpoint, apiKey }: RunningProduct,
  operation = 'converse',
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const path = `/model/${encodeURIComponent(MODEL)}/${operation}`;
  const answer = await fetch(endpoint + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: PROMPT }] }] }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Calls, ends the product, so that everything is sent, and gives the entries of the ledger. */
async function callsAndEnd(running: RunningProduct, calls: () => Promise<unknown>) {
  await calls();
  const { entries } = await running.client.listEntries();
  await running.close();
  product = undefined;
  return entries;
}

test('metrics have the names, units and attributes of the conventions', async () => {
  await using collector = await Collector.start();
  const running = await started({ otlpEndpoint: collector.endpoint, traceSamplePercent: 0 });
  const entries = await callsAndEnd(running, async () => {
    await call(running);
    await call(running, 'converse-stream');
  });
  const sumOf = (pick: (entry: (typeof entries)[number]) => number): number =>
    entries.reduce((sum, entry) => sum + pick(entry), 0);
  const [output] = collector
    .points('gen_ai.client.token.usage')
    .filter((point) => attributesOf(point)['gen_ai.token.type'] === 'output');
  expect(output).toMatchObject({
    count: 2,
    sum: sumOf(({ usage }) => usage?.output_tokens ?? 0),
  });
  expect(output?.explicitBounds?.slice(0, 3)).toEqual([1, 4, 16]);
  expect(attributesOf(output ?? { attributes: [] })).toEqual({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'aws.bedrock',
    'gen_ai.request.model': MODEL,
    'gen_ai.token.type': 'output',
  });
  const [duration] = collector.points('gen_ai.client.operation.duration');
  expect(duration?.count).toBe(2);
  expect(duration?.sum).toBeCloseTo(sumOf(({ latency_ms }) => latency_ms) / 1_000, 9);
  expect(collector.points('gen_ai.server.time_to_first_token')[0]?.count).toBe(1);
  const requests = collector.points('tollkeeper_requests_total');
  expect(requests.map((point) => Number(point.asDouble ?? point.asInt))).toEqual([1, 1]);
  expect(collector.spans()).toEqual([]);
});

test('a call has a span below its caller: what it used, and nothing of what was said', async () => {
  await using collector = await Collector.start();
  const running = await started({ otlpEndpoint: collector.endpoint, traceSamplePercent: 0 });
  const [entry] = await callsAndEnd(running, () =>
    call(running, 'converse', { traceparent: PARENT }),
  );
  const [span, ...others] = collector.spans();
  expect(others).toEqual([]);
  expect(span).toMatchObject({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
    name: `chat ${MODEL}`,
    kind: 3,
    startTimeUnixNano: `${Date.parse(entry?.started_at ?? '')}000000`,
    endTimeUnixNano: `${Date.parse(entry?.ended_at ?? '')}000000`,
  });
  const upstream = new URL(running.simulator.url);
  expect(attributesOf(span ?? { attributes: [] })).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'aws.bedrock',
    'gen_ai.request.model': MODEL,
    'gen_ai.request.stream': false,
    'gen_ai.usage.input_tokens': entry?.usage?.input_tokens,
    'gen_ai.usage.output_tokens': entry?.usage?.output_tokens,
    'server.address': upstream.hostname,
    'server.port': Number(upstream.port),
    'aws.request_id': entry?.upstream_request_id,
    'tollkeeper.attempt_id': entry?.attempt_id,
    'tollkeeper.cost_usd': entry?.cost_usd,
  });
  expect(collector.text).not.toContain(PROMPT);
  expect(collector.text).not.toContain(running.apiKey);
});

test('a caller that has decided against a trace gets none, others by the percentage', async () => {
  await using collector = await Collector.start();
  const running = await started({ otlpEndpoint: collector.endpoint, traceSamplePercent: 100 });
  const entries = await callsAndEnd(running, async () => {
    await call(running, 'converse', { traceparent: PARENT.replace(/01$/, '00') });
    await call(running, 'converse', { traceparent: 'nonsense' });
    await call(running);
  });
  const attempts = collector.spans().map((span) => attributesOf(span)['tollkeeper.attempt_id']);
  expect(attempts).toEqual(entries.slice(1).map(({ attempt_id }) => attempt_id));
});

test('metrics and spans go to the paths of the standard', async () => {
  await using collector = await Collector.start();
  const running = await started({ otlpEndpoint: collector.endpoint });
  await callsAndEnd(running, () => call(running, 'converse', { traceparent: PARENT }));
  const paths = new Set(collector.received.map(({ path }) => path));
  expect(paths).toEqual(new Set(['/v1/metrics', '/v1/traces']));
});

test('a collector that is not there, or refuses, costs no call anything', async () => {
  await using collector = await Collector.start();
  collector.status = 400;
  for (const otlpEndpoint of ['http://127.0.0.1:1', collector.endpoint]) {
    const running = await started({ otlpEndpoint, traceSamplePercent: 100 });
    const statuses: number[] = [];
    const entries = await callsAndEnd(running, async () => {
      for (let i = 0; i < 3; i++) statuses.push(await call(running));
    });
    expect([statuses, entries.length]).toEqual([[200, 200, 200], 3]);
  }
}, 30_000);

test('without an endpoint nothing of the conventions is served, nor a span made', async () => {
  const running = await started({});
  await call(running, 'converse', { traceparent: PARENT });
  const metrics = await fetch(`${running.endpoint}/metrics`, {
    headers: { 'x-api-key': running.provisioningKey },
  });
  const text = await metrics.text();
  expect(text).toContain('tollkeeper_requests_total');
  expect(text).not.toContain('gen_ai');
});
