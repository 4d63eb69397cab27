/** The real AWS SDK cannot tell the simulator from Bedrock. */
import {
  type BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import {
  book,
  CLAUDE,
  client,
  MANNERS,
  NOVA,
  onlyRow,
  post,
  question,
  start,
  TITAN,
} from './rig.ts';

const TEXT_MODELS = [CLAUDE, NOVA, TITAN];
const BODIES: ReadonlyArray<readonly [string, object]> = [
  [
    CLAUDE,
    {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'What is a ledger?' }],
    },
  ],
  [NOVA, { messages: question(NOVA).messages, inferenceConfig: { maxTokens: 100 } }],
  [TITAN, { inputText: 'What is a ledger?', textGenerationConfig: { maxTokenCount: 100 } }],
];

async function invoke(sdk: BedrockRuntimeClient, modelId: string, body: object): Promise<unknown> {
  const command = new InvokeModelCommand({ modelId, body: JSON.stringify(body) });
  const answer = await sdk.send(command);
  return JSON.parse(answer.body.transformToString());
}

async function converseStream(sdk: BedrockRuntimeClient, input: ConverseCommandInput) {
  const answer = await sdk.send(new ConverseStreamCommand(input));
  let text = '';
  const kinds: string[] = [];
  let usage: object | undefined;
  for await (const event of answer.stream ?? []) {
    kinds.push(Object.keys(event)[0] ?? '');
    text += event.contentBlockDelta?.delta?.text ?? '';
    usage = event.metadata?.usage ?? usage;
  }
  return { text, kinds, usage };
}

describe.each(MANNERS)('over %s', (_, manner) => {
  it.each(TEXT_MODELS)('Converse and ConverseStream of %s tell the same', async (modelId) => {
    const sdk = client(await start(), manner);
    const whole = await sdk.send(new ConverseCommand(question(modelId)));
    const streamed = await converseStream(sdk, question(modelId));
    expect(streamed.text).toBe(whole.output?.message?.content?.[0]?.text);
    expect(streamed.usage).toEqual(whole.usage);
    expect(whole.stopReason).toBe('end_turn');
    expect(whole.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(streamed.kinds[0]).toBe('messageStart');
    expect(streamed.kinds.slice(-3)).toEqual(['contentBlockStop', 'messageStop', 'metadata']);
  });

  it.each(BODIES)('InvokeModel of %s answers in the shape of its family', async (modelId, body) => {
    const simulator = await start();
    const sdk = client(simulator, manner);
    const answer = JSON.stringify(await invoke(sdk, modelId, body));
    const { usage } = await onlyRow(simulator);
    expect(answer).toContain(String(usage?.['output_tokens']));
    const stream = await sdk.send(
      new InvokeModelWithResponseStreamCommand({ modelId, body: JSON.stringify(body) }),
    );
    const chunks: Record<string, unknown>[] = [];
    for await (const { chunk } of stream.body ?? []) {
      chunks.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()) as never);
    }
    expect(chunks.at(-1)?.['amazon-bedrock-invocationMetrics']).toMatchObject({
      inputTokenCount: usage?.['input_tokens'],
      outputTokenCount: usage?.['output_tokens'],
    });
    expect(stream.contentType).toBe('application/json');
  });

  it('embeddings of both versions have the length of their kind', async () => {
    const sdk = client(await start(), manner);
    const first = await invoke(sdk, 'amazon.titan-embed-text-v1', { inputText: 'a ledger' });
    const second = await invoke(sdk, 'amazon.titan-embed-text-v2:0', {
      inputText: 'a ledger',
      dimensions: 256,
    });
    expect((first as { embedding: number[] }).embedding).toHaveLength(1536);
    expect((second as { embedding: number[] }).embedding).toHaveLength(256);
    // 'a ledger' is eight bytes, four bytes a token.
    expect(first).toMatchObject({ inputTextTokenCount: 2 });
  });
});

describe('the same request', () => {
  const body = { ...question(NOVA), modelId: undefined };
  const path = `/model/${encodeURIComponent(NOVA)}/converse`;

  it('gets the same bytes from two simulators, whole and streamed', async () => {
    const [one, other] = [await start(), await start()];
    for (const target of [path, `${path}-stream`]) {
      const first = await (await post(one, target, body)).bytes();
      const second = await (await post(other, target, body)).bytes();
      expect(first).toEqual(second);
    }
  });

  it('with another word gets another answer', async () => {
    const simulator = await start();
    const first = await (await post(simulator, path, body)).text();
    const { messages } = question(NOVA, 'What is a hold?');
    expect(await (await post(simulator, path, { messages })).text()).not.toBe(first);
  });
});

describe('a request that AWS refuses', () => {
  const cases: ReadonlyArray<readonly [string, ConverseCommandInput, string]> = [
    ['an unknown model', question('meta.unknown-v1:0'), 'model identifier is invalid'],
    ['an embedding model', question('amazon.titan-embed-text-v1'), "doesn't support the model"],
    [
      'more tokens than the model gives',
      { ...question(NOVA), inferenceConfig: { maxTokens: 10_001 } },
      'exceeds the model limit of 10000',
    ],
    [
      'a first message of the assistant',
      { modelId: NOVA, messages: [{ role: 'assistant', content: [{ text: 'hi' }] }] },
      'must start with a user message',
    ],
    [
      'a tier that the model lacks',
      { ...question(CLAUDE), serviceTier: { type: 'flex' } },
      'not supported for this model',
    ],
  ];
  it.each(cases)('for %s is a ValidationException', async (_, input, words) => {
    const simulator = await start();
    const refused = client(simulator).send(new ConverseCommand(input));
    await expect(refused).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(refused).rejects.toThrow(words);
    const row = await onlyRow(simulator);
    expect(row).toMatchObject({ outcome: 'refused', billed: false, usage: null, status: 400 });
  });

  it('for JSON that is none has the right name for each operation', async () => {
    const simulator = await start();
    const converse = await post(simulator, `/model/${encodeURIComponent(NOVA)}/converse`, '{"me');
    const invoked = await post(simulator, `/model/${encodeURIComponent(NOVA)}/invoke`, '{"me');
    expect(converse.headers.get('x-amzn-errortype')).toBe('SerializationException');
    expect(invoked.headers.get('x-amzn-errortype')).toMatch(/^ValidationException:http/);
    expect([converse.status, invoked.status]).toEqual([400, 400]);
  });

  it('for an operation that does not exist leaves no row', async () => {
    const simulator = await start();
    const answer = await post(simulator, `/model/${NOVA}/imagine`, {});
    expect(answer.status).toBe(404);
    expect(await book(simulator)).toEqual([]);
  });
});

describe('the tier that served', () => {
  it('is in the answer and in the book, and may differ from the one asked for', async () => {
    const simulator = await start();
    const asked = { ...question(NOVA), serviceTier: { type: 'flex' as const } };
    const answer = await client(simulator).send(new ConverseCommand(asked));
    expect(answer.serviceTier).toEqual({ type: 'flex' });
    const other = client(simulator, { headers: { 'x-simulator-fault': 'tier;served=default' } });
    expect((await other.send(new ConverseCommand(asked))).serviceTier).toEqual({ type: 'default' });
    expect((await book(simulator)).map((row) => row.served_tier)).toEqual(['flex', 'default']);
  });

  it('is a header of InvokeModel', async () => {
    const sdk = client(await start());
    const answer = await sdk.send(
      new InvokeModelCommand({
        modelId: NOVA,
        body: JSON.stringify({ messages: question(NOVA).messages }),
        serviceTier: 'priority',
        performanceConfigLatency: 'optimized',
      }),
    );
    expect(answer.serviceTier).toBe('priority');
    expect(answer.performanceConfigLatency).toBe('optimized');
  });
});
