/** What is read of request bodies. Expected values are written down from the bodies by hand. */
import { describe, expect, test } from 'vitest';
import type { RequestShape } from '@tollkeeper/core';
import { readRequest } from '../../../src/gateway/wire/request.ts';

const none = (): undefined => undefined;

function headersOf(headers: Record<string, string>): (name: string) => string | undefined {
  return (name) => headers[name];
}

function converse(body: unknown, headers: Record<string, string> = {}): RequestShape {
  return ok(readRequest('converse', 'unknown', headersOf(headers), bytes(body)));
}

function invoke(
  family: 'anthropic' | 'nova' | 'titan_text' | 'titan_embed' | 'unknown',
  body: unknown,
  headers: Record<string, string> = {},
): RequestShape {
  return ok(readRequest('invoke', family, headersOf(headers), bytes(body)));
}

function ok(reading: ReturnType<typeof readRequest>): RequestShape {
  if (reading.kind !== 'ok') throw new Error(reading.message);
  return reading.shape;
}

function bytes(body: unknown): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

const HELLO = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] };

describe('Converse', () => {
  test('a plain request has the bytes of its body, one part and nothing else', () => {
    expect(converse(HELLO)).toEqual({
      text_bytes: 59,
      extended_context: false,
      parts: 1,
      opaque_input: false,
      has_tools: false,
      writes_cache: false,
      max_output_tokens: null,
      tier: 'standard',
      references: [],
      tags: {},
    });
  });

  test('a full request is read in all its places', () => {
    const shape = converse({
      ...HELLO,
      system: [{ text: 'Be brief' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      inferenceConfig: { maxTokens: 256, temperature: 0.5 },
      toolConfig: {
        tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }],
      },
      serviceTier: { type: 'priority' },
      requestMetadata: { team: 'a', job: 'b' },
    });
    expect(shape).toMatchObject({
      parts: 4,
      opaque_input: false,
      has_tools: true,
      writes_cache: true,
      max_output_tokens: 256,
      tier: 'priority',
      tags: { team: 'a', job: 'b' },
    });
  });

  test('the parsed body is handed on', () => {
    const reading = readRequest('converse-stream', 'unknown', none, bytes(HELLO));
    expect(reading).toMatchObject({ kind: 'ok', parsed: HELLO });
  });

  test.each(['image', 'document', 'video', 'audio'])('a %s block is opaque input', (kind) => {
    const block = { [kind]: { format: 'x', source: { bytes: 'AAAA' } } };
    expect(converse({ messages: [{ role: 'user', content: [block] }] }).opaque_input).toBe(true);
    const nested = { toolResult: { toolUseId: 't', content: [block] } };
    expect(converse({ messages: [{ role: 'user', content: [nested] }] }).opaque_input).toBe(true);
  });

  test('numbers that grow when they are written out are counted at their longest', () => {
    const input = '[1e20,1E300,-2.5e-7,true,false,"9e9"]';
    const body = `{"messages":[{"content":[{"toolUse":{"input":{"x":${input}}}}]}]}`;
    expect(converse(body).text_bytes).toBe(body.length + 3 * 330);
    expect(invoke('unknown', body).text_bytes).toBe(body.length + 3 * 330);
  });

  test('a document that is plain text is text', () => {
    const block = { document: { name: 'd', source: { text: 'words' } } };
    expect(converse({ messages: [{ role: 'user', content: [block] }] }).opaque_input).toBe(false);
  });

  test('a server-side tool brings input that is not in the body', () => {
    const toolConfig = { tools: [{ systemTool: { name: 'nova_grounding' } }] };
    expect(converse({ ...HELLO, toolConfig }).opaque_input).toBe(true);
  });
});

describe('the output maximum', () => {
  test('the largest one anywhere counts', () => {
    const body = {
      ...HELLO,
      inferenceConfig: { maxTokens: 100 },
      additionalModelRequestFields: {
        deep: [{ max_tokens: 9000, thinking: { budget_tokens: 7 } }],
      },
    };
    expect(converse(body).max_output_tokens).toBe(9000);
  });

  test.each([
    ['1e3', 1000],
    ['12.5', 13],
    ['"700"', 700],
    ['1e400', Number.MAX_SAFE_INTEGER],
    ['-5', null],
    ['0', null],
    ['null', null],
    ['"many"', null],
    ['{"type":"integer"}', null],
  ])('%s states %s', (literal, expected) => {
    const body = `{"messages":[],"inferenceConfig":{"maxTokens":${literal}}}`;
    expect(converse(body).max_output_tokens).toBe(expected);
  });

  test('a maximum inside a tool document is text, not a parameter', () => {
    const content = [{ toolUse: { toolUseId: 't', name: 'f', input: { max_tokens: 1e9 } } }];
    expect(converse({ messages: [{ role: 'assistant', content }] }).max_output_tokens).toBeNull();
  });

  test.each([
    ['anthropic', { max_tokens: 11, messages: [] }],
    ['nova', { inferenceConfig: { maxTokens: 11 }, messages: [] }],
    ['nova', { inferenceConfig: { max_new_tokens: 11 }, messages: [] }],
    ['titan_text', { inputText: 'x', textGenerationConfig: { maxTokenCount: 11 } }],
    ['unknown', { prompt: 'x', max_gen_len: 11 }],
    ['unknown', { prompt: 'x', max_tokens_to_sample: 11 }],
    ['unknown', { messages: [], max_completion_tokens: 11 }],
    ['unknown', { nested: { maxOutputTokens: 11 }, max_tokens: 3 }],
    ['unknown', '{"max_tokens":11,"max_tokens":3}'],
    ['unknown', '{"max\\u005ftokens":11,"max_tokens":3}'],
    ['unknown', '{"max_tokens" : "11"}'],
    ['unknown', 'not json but "max_tokens": 11, still'],
  ] as const)('%s states it as %j', (family, body) => {
    expect(invoke(family, body).max_output_tokens).toBe(11);
  });

  test('several answers multiply it, and without one they cannot be bounded', () => {
    expect(invoke('unknown', { prompt: 'x', n: 3, max_tokens: 11 }).max_output_tokens).toBe(33);
    const reading = readRequest('invoke', 'unknown', none, bytes({ prompt: 'x', n: 3 }));
    expect(reading.kind).toBe('invalid');
  });

  test('several answers asked for through Converse multiply it too', () => {
    const extra = { additionalModelRequestFields: { num_generations: 3 } };
    const body = { ...HELLO, inferenceConfig: { maxTokens: 11 }, ...extra };
    expect(converse(body).max_output_tokens).toBe(33);
    const reading = readRequest('converse', 'unknown', none, bytes({ ...HELLO, ...extra }));
    expect(reading.kind).toBe('invalid');
  });

  const schema = { properties: { city: { type: 'string', maxLength: 5 } } };
  test.each([
    ['converse', 'nova', { ...HELLO, additionalModelRequestFields: { format: { schema } } }],
    ['converse', 'nova', { ...HELLO, max_tokens: 5 }],
    ['converse', 'nova', { ...HELLO, inferenceConfig: { maxTokenCount: 5 } }],
    ['converse', 'nova', { ...HELLO, inferenceConfig: { maxTokens: '5' } }],
    ['invoke', 'nova', { ...HELLO, inferenceConfig: { topK: 1 }, max_new_tokens: 5 }],
    ['invoke', 'titan_text', { inputText: 'x', maxTokenCount: 5 }],
    ['invoke', 'anthropic', { ...HELLO, output_format: { schema } }],
    ['invoke', 'unknown', { messages: [], tools: [{ function: { parameters: schema } }] }],
    ['invoke', 'unknown', 'not json but "max_tokens": 5, still'],
  ] as const)(
    'one that %s of %s may not read never stands for it: %j',
    (operation, family, body) => {
      const shape = ok(readRequest(operation, family, none, bytes(body)));
      expect([shape.max_output_tokens, shape.output_maximum_binds]).toEqual([5, false]);
    },
  );

  test.each([
    ['converse', 'nova', { ...HELLO, inferenceConfig: { maxTokens: 5 } }],
    ['invoke', 'nova', { ...HELLO, inferenceConfig: { max_new_tokens: 5 } }],
    ['invoke', 'titan_text', { inputText: 'x', textGenerationConfig: { maxTokenCount: 5 } }],
    ['invoke', 'anthropic', { ...HELLO, max_tokens: 5 }],
    ['invoke', 'unknown', { prompt: 'x', max_gen_len: 5 }],
  ] as const)('one that %s of %s reads does: %j', (operation, family, body) => {
    const shape = ok(readRequest(operation, family, none, bytes(body)));
    expect([shape.max_output_tokens, shape.output_maximum_binds]).toEqual([5, undefined]);
  });
});

describe('references', () => {
  const guardrail = 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abc';

  test('S3 locations and guardrails are found, once each', () => {
    const media = { s3Location: { uri: 's3://bucket/key.mp4', bucketOwner: '123456789012' } };
    const body = {
      messages: [
        { role: 'user', content: [{ video: { format: 'mp4', source: media } }] },
        { role: 'user', content: [{ video: { format: 'mp4', source: media } }] },
      ],
      guardrailConfig: { guardrailIdentifier: guardrail, guardrailVersion: '1' },
      additionalModelRequestFields: { text: ['arn:aws-us-gov:s3:::x'] },
    };
    expect(converse(body).references).toEqual([
      's3://bucket/key.mp4',
      guardrail,
      'arn:aws-us-gov:s3:::x',
    ]);
  });

  test('a bare guardrail id is one too: it is of the account of the gateway', () => {
    const guardrailConfig = { guardrailIdentifier: 'abc123', guardrailVersion: 'DRAFT' };
    expect(converse({ ...HELLO, guardrailConfig }).references).toEqual(['abc123']);
    const headers = { 'x-amzn-bedrock-guardrailidentifier': 'abc123' };
    expect(invoke('anthropic', { messages: [] }, headers).references).toEqual(['abc123']);
    expect(invoke('unknown', {}, headers).references).toEqual(['abc123']);
  });

  test('prompt text that names resources is not one', () => {
    const arn = 'arn:aws:s3:::private';
    const body = {
      system: [{ text: arn }],
      messages: [
        { role: 'user', content: [{ text: arn }, { text: 's3://private/x' }] },
        { role: 'assistant', content: [{ toolUse: { name: 'f', input: { bucket: arn } } }] },
        { role: 'user', content: [{ toolResult: { content: [{ json: { list: [arn] } }] } }] },
      ],
      toolConfig: {
        tools: [{ toolSpec: { name: 'f', inputSchema: { json: { enum: [arn] } } } }],
      },
      promptVariables: { x: { text: arn } },
      requestMetadata: { owner: arn },
    };
    expect(converse(body).references).toEqual([]);
    const anthropic = {
      system: arn,
      messages: [
        { role: 'user', content: arn },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't', input: { a: arn } }] },
        { role: 'user', content: [{ type: 'tool_result', content: arn }] },
      ],
      tools: [{ name: 'f', input_schema: { enum: [arn] } }],
    };
    expect(invoke('anthropic', anthropic).references).toEqual([]);
  });

  test('a URL source that is an S3 location is found', () => {
    const content = [{ type: 'document', source: { type: 'url', url: 'S3://bucket/x.pdf' } }];
    const shape = invoke('anthropic', { messages: [{ role: 'user', content }] });
    expect(shape).toMatchObject({ references: ['S3://bucket/x.pdf'], opaque_input: true });
  });

  test('in a body of unknown shape every string counts, named twice or escaped or not', () => {
    const body = '{"a":"s3://b/1","a":"s3:\\u002f/b/2","b":["arn:aws:x"],"arn:aws:y":1}';
    expect(invoke('unknown', body).references).toEqual([
      's3://b/1',
      's3://b/2',
      'arn:aws:x',
      'arn:aws:y',
    ]);
  });
});

describe('InvokeModel families', () => {
  test('Anthropic messages', () => {
    const shape = invoke('anthropic', {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 100,
      system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: 'hi' }],
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
    });
    expect(shape).toMatchObject({
      parts: 3,
      has_tools: true,
      writes_cache: true,
      opaque_input: false,
      max_output_tokens: 100,
    });
  });

  test.each([
    [{ type: 'base64', media_type: 'image/png', data: 'AA' }, true],
    [{ type: 'url', url: 'https://x/y.png' }, true],
    [{ type: 'file', file_id: 'f' }, true],
    [{ type: 'text', media_type: 'text/plain', data: 'words' }, false],
  ])('an Anthropic document with source %j: opaque %s', (source, opaque) => {
    const content = [{ type: 'document', source }];
    const body = { max_tokens: 1, messages: [{ role: 'user', content }] };
    expect(invoke('anthropic', body).opaque_input).toBe(opaque);
  });

  test.each([
    ['web_search_20250305', true],
    ['custom', false],
    ['bash_20250124', false],
  ])('an Anthropic tool of type %s: opaque %s', (type, opaque) => {
    const body = { messages: [], tools: [{ type, name: 'n' }] };
    expect(invoke('anthropic', body).opaque_input).toBe(opaque);
  });

  test('Nova', () => {
    const image = { image: { format: 'png', source: { bytes: 'AA' } } };
    const shape = invoke('nova', {
      schemaVersion: 'messages-v1',
      system: [{ text: 's' }],
      messages: [{ role: 'user', content: [image, { cachePoint: { type: 'default' } }] }],
      toolConfig: { tools: [{ toolSpec: { name: 'f' } }] },
    });
    expect(shape).toMatchObject({
      parts: 3,
      opaque_input: true,
      has_tools: true,
      writes_cache: true,
    });
  });

  test('Titan text and embeddings', () => {
    expect(invoke('titan_text', { inputText: 'hello' })).toMatchObject({
      text_bytes: 21,
      parts: 1,
    });
    expect(invoke('titan_embed', { inputText: 'x' }).opaque_input).toBe(false);
    expect(invoke('titan_embed', { inputImage: 'AAAA' }).opaque_input).toBe(true);
  });

  test('a body of unknown shape: media and tools by their names, no text as opaque', () => {
    const content = [{ type: 'image_url', image_url: { url: 'data:' } }];
    expect(invoke('unknown', { messages: [{ content }] }).opaque_input).toBe(true);
    expect(invoke('unknown', { messages: [], tools: [{}] })).toMatchObject({ has_tools: true });
    const binary = readRequest('invoke', 'unknown', none, Buffer.from([0xff, 0x00, 0x7b]));
    expect(binary).toMatchObject({
      kind: 'ok',
      parsed: null,
      shape: { opaque_input: true, text_bytes: 3 },
    });
  });
});

describe('tier and tags', () => {
  test.each([
    [{ serviceTier: { type: 'flex' } }, {}, 'flex'],
    [{ serviceTier: { type: 'default' } }, {}, 'standard'],
    [{ serviceTier: { type: 'reserved' } }, {}, 'standard'],
    [{ serviceTier: { type: 'turbo' } }, {}, 'turbo'],
    [{ performanceConfig: { latency: 'optimized' } }, {}, 'latency_optimized'],
    [{ performanceConfig: { latency: 'standard' } }, {}, 'standard'],
    [{}, { 'x-amzn-bedrock-service-tier': 'priority' }, 'priority'],
  ])('Converse %j with headers %j asks for %s', (body, headers, tier) => {
    expect(converse({ ...HELLO, ...body }, headers).tier).toBe(tier);
  });

  test.each([
    [{ 'x-amzn-bedrock-service-tier': 'priority' }, 'priority'],
    [{ 'x-amzn-bedrock-performanceconfig-latency': 'optimized' }, 'latency_optimized'],
    [{}, 'standard'],
  ])('InvokeModel with headers %j asks for %s', (headers, tier) => {
    expect(invoke('anthropic', { messages: [] }, headers).tier).toBe(tier);
    expect(invoke('unknown', 'x', headers).tier).toBe(tier);
  });

  test('tags come from the metadata header, within the limits of AWS', () => {
    const header = 'x-amzn-bedrock-request-metadata';
    const tags = (value: string): unknown => invoke('nova', {}, { [header]: value }).tags;
    expect(tags('{"a":"b","n":1,"":"x"}')).toEqual({ a: 'b' });
    expect(tags('not json')).toEqual({});
    expect(tags('["a"]')).toEqual({});
    expect(tags(JSON.stringify({ long: 'x'.repeat(257), fits: 'x'.repeat(256) }))).toEqual({
      fits: 'x'.repeat(256),
    });
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, 'v']));
    expect(Object.keys(tags(JSON.stringify(many)) as object)).toHaveLength(16);
  });

  test('a tag named __proto__ is a tag and nothing else', () => {
    const { tags } = converse('{"messages":[],"requestMetadata":{"__proto__":"x"}}');
    expect(Object.entries(tags)).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(tags)).toBe(Object.prototype);
  });
});

describe('bodies that cannot be read', () => {
  test.each([
    ['nothing', '', 'not valid JSON'],
    ['half a body', '{"messages":[', 'not valid JSON'],
    ['an array', '[]', 'not a JSON object'],
    ['null', 'null', 'not a JSON object'],
    ['a member named twice', '{"messages":[],"messages":[]}', 'twice'],
    ['a member named twice in disguise', '{"a":1,"\\u0061":2}', 'twice'],
    ['a member named twice deep inside', '{"a":[{"toolUse":{"input":{"x":1,"x":2}}}]}', 'twice'],
    ['nesting of 300', `{"a":${'['.repeat(300)}${']'.repeat(300)}}`, 'too deeply'],
    ['nesting of a million', '['.repeat(1_000_000), 'too deeply'],
  ])('%s is refused with a reason', (_, body, reason) => {
    for (const operation of ['converse', 'converse-stream'] as const) {
      const reading = readRequest(operation, 'unknown', none, bytes(body));
      expect(reading).toMatchObject({ kind: 'invalid' });
      expect(reading.kind === 'invalid' && reading.message).toContain(reason);
    }
    expect(readRequest('invoke', 'anthropic', none, bytes(body)).kind).toBe('invalid');
  });

  test('bytes that are no UTF-8 are refused', () => {
    const body = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    expect(readRequest('converse', 'unknown', none, body).kind).toBe('invalid');
  });

  test('a compressed body is refused in every shape: its length bounds nothing', () => {
    const headers = headersOf({ 'content-encoding': 'gzip' });
    expect(readRequest('converse', 'unknown', headers, bytes(HELLO)).kind).toBe('invalid');
    expect(readRequest('invoke', 'unknown', headers, bytes(HELLO)).kind).toBe('invalid');
    const identity = headersOf({ 'content-encoding': 'identity' });
    expect(readRequest('converse', 'unknown', identity, bytes(HELLO)).kind).toBe('ok');
  });
});

describe('the larger context window', () => {
  const flags = ['context-1m-2025-08-07'];
  const messages = [{ role: 'user', content: [{ text: 'Hello' }] }];
  const cases: readonly [string, 'converse' | 'invoke', object, boolean][] = [
    ['is not asked for by default', 'converse', { messages }, false],
    [
      'is asked for by a beta flag in Converse',
      'converse',
      { messages, additionalModelRequestFields: { anthropic_beta: flags } },
      true,
    ],
    [
      'is asked for by a beta flag in InvokeModel',
      'invoke',
      { messages: [], max_tokens: 5, anthropic_beta: flags },
      true,
    ],
    [
      'is not asked for by another flag',
      'invoke',
      { messages: [], max_tokens: 5, anthropic_beta: ['token-efficient-tools-2025-02-19'] },
      false,
    ],
  ];
  test.each(cases)('%s', (_what, operation, body, expected) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const reading = readRequest(operation, 'anthropic', none, bytes);
    expect(reading).toMatchObject({ kind: 'ok', shape: { extended_context: expected } });
  });
});
