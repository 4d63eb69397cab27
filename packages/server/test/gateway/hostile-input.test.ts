/**
 * What a careless or hostile client can send. Each must get a clear error in AWS's words (or, where
 * HTTP itself is broken, an error of HTTP), and after each nothing is left behind: no hold, no
 * buffered byte, no running call, and the next good call works.
 */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { http2Call } from './http2-caller.ts';
import { counterOf } from './metrics-reading.ts';
import { rawCall, rawRequest, RawSocket } from './raw-socket.ts';
import { call, converseBody, entriesOf, eventually, type CallOptions } from './requests.ts';

const NOVA = 'amazon.nova-micro-v1:0';
const PATH = `/model/${encodeURIComponent(NOVA)}/converse`;
const BODY_MAX = 200_000;
const HEADERS_MS = 500;

let product: RunningProduct;
let rowsBefore = 0;

beforeAll(async () => {
  product = await startProduct({
    settings: {
      bodyBytesMax: BODY_MAX,
      headersTimeoutMs: HEADERS_MS,
      bodyTimeoutMs: 700,
      admissionWaitMs: 100,
    },
  });
});
afterAll(() => product.close());
afterEach(nothingIsLeft);

/** Everything that a bad request could leave behind, and a good call. */
async function nothingIsLeft(): Promise<void> {
  const left = await eventually(async () => {
    const running = await counterOf(product, 'tollkeeper_calls_running');
    const bytes = await counterOf(product, 'tollkeeper_buffered_bytes');
    const waiting = await counterOf(product, 'tollkeeper_admission_waiting');
    return running + bytes + waiting === 0 ? { running, bytes, waiting } : undefined;
  });
  expect(left).toEqual({ running: 0, bytes: 0, waiting: 0 });
  expect(await product.server.stores.ledger.holds()).toEqual([]);
  expect((await call(product, {})).status).toBe(200);
  rowsBefore = (await product.book()).length;
}

/** Nothing of a refused request may have reached the upstream. */
async function nothingWasSent(): Promise<void> {
  expect((await product.book()).length).toBe(rowsBefore);
}

async function refusal(options: CallOptions): Promise<string> {
  const answer = await call(product, options);
  expect(answer.message.length).toBeGreaterThan(20);
  expect(await entriesOf(product, answer.requestId)).toEqual([]);
  await nothingWasSent();
  return `${answer.status} ${answer.error}`;
}

function auth(): string {
  return `authorization: Bearer ${product.apiKey}`;
}

function post(path: string, headers: readonly string[], body: string): string {
  return rawRequest(`POST ${path} HTTP/1.1`, ['host: x', auth(), ...headers], body);
}

function withLength(body: string): readonly string[] {
  return [`content-length: ${Buffer.byteLength(body)}`];
}

function h2Headers(path = PATH): Record<string, string> {
  return { ':path': path, authorization: `Bearer ${product.apiKey}` };
}

async function newKey(body: Parameters<typeof product.client.createKey>[0]['body'] = {}) {
  return product.client.createKey({
    params: { org_id: product.orgId, app_id: product.appId },
    body,
  });
}

describe('bodies', () => {
  test.each([
    ['cut off', '{"messages": [{"role":'],
    ['empty', ''],
    ['no object', '[1,2,3]'],
    ['a bare word', 'hello'],
    ['with a comment', '{"messages": [] /* x */}'],
    ['with NaN', '{"messages": [], "inferenceConfig": {"maxTokens": NaN}}'],
    ['of null bytes', '\0\0\0\0'],
  ])('that are %s are refused', async (_what, body) => {
    expect(await refusal({ body })).toBe('400 ValidationException');
  });

  test('that are no UTF-8 are refused', async () => {
    const latin1 = Buffer.from(
      '{"messages":[{"role":"user","content":[{"text":"\xff"}]}]}',
      'latin1',
    );
    const head = post(PATH, [`content-length: ${latin1.length}`], '');
    const answer = await rawCall(product, Buffer.concat([Buffer.from(head), latin1]));
    expect([answer.status, answer.error]).toEqual([400, 'ValidationException']);
    await nothingWasSent();
  });

  test('that nest 100,000 levels are refused, in arrays and in objects', async () => {
    const levels = 100_000 - 20;
    const arrays = `{"messages":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(await refusal({ body: arrays })).toBe('400 ValidationException');
    const objects = '{"a":'.repeat(30_000) + '1' + '}'.repeat(30_000);
    expect(await refusal({ body: objects })).toBe('400 ValidationException');
    expect(await refusal({ body: '['.repeat(BODY_MAX - 1) })).toBe('400 ValidationException');
  });

  test('with a member named twice are never sent with a bound by the smaller one', async () => {
    const made = await newKey();
    const messages = '"messages":[{"role":"user","content":[{"text":"Hello"}]}]';
    for (const [first, second] of [
      [1, 4000],
      [4000, 1],
    ]) {
      const both = `{"maxTokens":${first},"maxTokens":${second}}`;
      const escaped = `{"maxTokens":${first},"max\\u0054okens":${second}}`;
      for (const config of [both, escaped]) {
        const body = `{${messages},"inferenceConfig":${config}}`;
        const rows = (await product.book()).length;
        const answer = await call(product, { key: made.api_key, body, fault: 'tokens;mode=worst' });
        if (answer.status === 200) {
          // It may pass only if what was held covered the larger of the two.
          const [entry] = await entriesOf(product, answer.requestId);
          expect(entry?.usage?.output_tokens).toBe(4000);
          expect(await counterOf(product, 'tollkeeper_over_bound_total')).toBe(0);
        } else {
          expect([answer.status, answer.error]).toEqual([400, 'ValidationException']);
          expect(await product.book()).toHaveLength(rows);
        }
      }
    }
    rowsBefore = (await product.book()).length;
  });

  test('that are compressed are refused', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expect(await refusal({ headers })).toBe('400 ValidationException');
  });

  test('over the limit are refused over HTTP/1.1, with a length or in chunks', async () => {
    expect(await refusal({ body: converseBody('x'.repeat(BODY_MAX)) })).toBe(
      '400 ValidationException',
    );
    const raw = new RawSocket(product);
    await raw.write(post(PATH, ['transfer-encoding: chunked'], ''));
    const chunk = `${(10_000).toString(16)}\r\n${'x'.repeat(10_000)}\r\n`;
    for (let i = 0; i < 40; i++) await raw.write(chunk);
    await raw.write('0\r\n\r\n');
    const answer = await raw.answer();
    expect([answer.status, answer.error]).toEqual([400, 'ValidationException']);
    expect(answer.body).toContain(`${BODY_MAX} bytes`);
    raw.destroy();
    await nothingWasSent();
  });

  test('far over the limit are answered even to who first writes everything', async () => {
    const size = 30_000_000;
    const raw = new RawSocket(product);
    await raw.write(post(PATH, [`content-length: ${size}`], ''));
    const chunk = Buffer.alloc(1_000_000, 'x');
    raw.socket.pause();
    for (let sent = 0; sent < size; sent += chunk.length) await raw.write(chunk);
    raw.socket.resume();
    const answer = await raw.answer();
    expect([answer.status, answer.error]).toEqual([400, 'ValidationException']);
    raw.destroy();
    await nothingWasSent();
  });

  test('over the limit are refused over HTTP/2, with a length or without', async () => {
    const body = Buffer.alloc(5_000_000, 'x');
    for (const length of [{ 'content-length': String(body.length) }, {}]) {
      const answer = await http2Call(product, { ...h2Headers(), ...length }, body);
      expect([answer.status, answer.error]).toEqual([400, 'ValidationException']);
      expect(answer.body.toString()).toContain(`${BODY_MAX} bytes`);
    }
    await nothingWasSent();
  });
});

describe('what the organization was not granted', () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefabcdef';
  const s3 = { s3Location: { uri: 's3://others/secret.pdf', bucketOwner: '123456789012' } };
  const message = (content: readonly object[]): string =>
    JSON.stringify({ messages: [{ role: 'user', content }], inferenceConfig: { maxTokens: 9 } });
  const document = { document: { format: 'pdf', name: 'a', source: s3 } };

  test.each([
    ['in a document', message([document])],
    ['in a video', message([{ video: { format: 'mp4', source: s3 } }])],
    [
      'inside a tool result',
      message([
        { toolResult: { toolUseId: 'a', content: [document], status: 'success' } },
        { text: 'Hello' },
      ]),
    ],
    [
      'in fields for the model',
      JSON.stringify({
        messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
        inferenceConfig: { maxTokens: 9 },
        additionalModelRequestFields: { a: [{ b: { c: 's3://others/secret.pdf' } }] },
      }),
    ],
    [
      'as a guardrail',
      JSON.stringify({
        messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
        inferenceConfig: { maxTokens: 9 },
        guardrailConfig: { guardrailIdentifier: arn, guardrailVersion: '1' },
      }),
    ],
    [
      'as a guardrail by its bare id',
      JSON.stringify({
        messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
        inferenceConfig: { maxTokens: 9 },
        guardrailConfig: { guardrailIdentifier: 'abcdefabcdef', guardrailVersion: '1' },
      }),
    ],
  ])('is denied %s', async (_where, body) => {
    expect(await refusal({ body })).toBe('403 AccessDeniedException');
  });

  test('is denied in headers and paths', async () => {
    const headers = { 'x-amzn-bedrock-guardrailidentifier': arn };
    expect(await refusal({ headers })).toBe('403 AccessDeniedException');
    expect(await refusal({ headers, path: PATH.replace('converse', 'invoke') })).toBe(
      '403 AccessDeniedException',
    );
    for (const model of [
      'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefabcdef',
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefabcdef',
      'arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1',
      'arn:aws:sagemaker:us-east-1:123456789012:endpoint/a',
    ]) {
      expect(await refusal({ model })).toBe('403 AccessDeniedException');
    }
  });
});

describe('credentials', () => {
  test.each([
    ['none', null, '403 MissingAuthenticationTokenException'],
    ['nonsense', 'nonsense', '403 UnrecognizedClientException'],
    ['a key id without a secret', 'tk_abcdefghijklmnop_', '403 UnrecognizedClientException'],
    ['very long', `tk_${'a'.repeat(8_000)}`, '403 UnrecognizedClientException'],
    ['a Bedrock key', `ABSK${'a'.repeat(120)}`, '403 UnrecognizedClientException'],
    ['an access key', 'AKIAIOSFODNN7EXAMPLE', '403 UnrecognizedClientException'],
    ['a JSON web token', 'eyJhbGciOiJIUzI1NiJ9.e30.abc', '403 UnrecognizedClientException'],
  ])('%s', async (_what, key, expected) => {
    expect(await refusal({ key })).toBe(expected);
  });

  test('a signature, a basic login, the provisioning key are named for what they are', async () => {
    const cut = 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/bedrock/aws4_request';
    const signed = `${cut}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
    const signature = (authorization: string) => refusal({ key: null, headers: { authorization } });
    expect(await signature(signed)).toBe('403 UnrecognizedClientException');
    expect(await signature(cut)).toBe('400 IncompleteSignatureException');
    const basic = { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` };
    expect(await refusal({ key: null, headers: basic })).toBe('403 UnrecognizedClientException');
    expect(await refusal({ key: product.provisioningKey })).toBe('403 AccessDeniedException');
  });

  test('are judged before the body has come', async () => {
    const raw = new RawSocket(product);
    await raw.write(
      rawRequest(`POST ${PATH} HTTP/1.1`, [
        'host: x',
        'authorization: Bearer tk_wrong',
        'content-length: 100000',
      ]),
    );
    const answer = await raw.answer();
    expect([answer.status, answer.error]).toEqual([403, 'UnrecognizedClientException']);
    raw.destroy();
  });
});

describe('paths', () => {
  const MALFORMED = [
    `/model/../model/${NOVA}/converse`,
    `/model/${NOVA}/./converse`,
    `/model/%2e%2e/converse`,
    `/model/%2E%2E%2Fasync-invoke/converse`,
    `//model/${NOVA}/converse`,
    `/model//converse`,
    `/model/${NOVA}//converse`,
    `/model/%00/converse`,
    `/model/%0d%0aHost:evil/converse`,
    `/model/%zz/converse`,
    `/model/%c3%28/converse`,
    `/model/${NOVA}%252e/converse`,
    `/model/${NOVA}\\..\\converse/converse`,
    `/%6dodel/${NOVA}/converse`,
    `/model/${NOVA}/converse?x=1`,
    `/model/${NOVA}/converse#fragment`,
    `/model/${'a'.repeat(9_000)}/converse`,
    `/model/${'a'.repeat(257)}/count-tokens`,
    `/model/${NOVA}/count-tokens?x=1`,
    '/guardrail/%2e%2e/version/1/apply',
    '/guardrail/abc%2F..%2F..%2Fmodel/version/1/apply',
    '/guardrail/abc/version/%2e%2e/apply',
    '/guardrail/abc/version/1%2Fapply/apply',
    '/guardrail/ABC/version/1/apply',
    '/guardrail//version/1/apply',
    '/guardrail/abc/version/1/apply?x=1',
    '/guardrai%6C/abc/version/1/apply',
    '//guardrail-checks/invoke',
    '/guardrail%2Dchecks/invoke',
    '/guardrail-checks/invoke?x=1',
  ];

  test.each(MALFORMED)('%s is refused, byte for byte as it came', async (path) => {
    const answer = await rawCall(product, post(path, withLength('{}'), '{}'));
    expect([answer.status, answer.error]).toEqual([400, 'ValidationException']);
    await nothingWasSent();
  });

  test('malformed ones are refused over HTTP/2, too', async () => {
    for (const path of MALFORMED) {
      const answer = await http2Call(product, h2Headers(path), '{}').catch(
        (error: unknown) => error as Error,
      );
      // What HTTP/2 itself does not take as a path is a reset of the stream.
      if (answer instanceof Error) expect(answer.message).toMatch(/reset|Invalid/);
      else expect([path, answer.status, answer.error]).toEqual([path, 400, 'ValidationException']);
    }
    await nothingWasSent();
  });

  test('of another form than a path are refused', async () => {
    for (const target of [`http://evil.example${PATH}`, '*', 'evil.example:443', 'model']) {
      const answer = await rawCall(product, post(target, withLength('{}'), '{}'));
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
    await nothingWasSent();
  });

  test('of models with another method are refused', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS']) {
      const request = rawRequest(`${method} ${PATH} HTTP/1.1`, [
        'host: x',
        auth(),
        'connection: close',
      ]);
      const raw = new RawSocket(product);
      await raw.write(request);
      expect(await raw.ended()).toMatch(/^HTTP\/1\.1 404 /);
      raw.destroy();
    }
    await nothingWasSent();
  });
});

describe('bodies of guardrails and of CountTokens', () => {
  const id = 'simguardrail';
  const apply = `/guardrail/${id}/version/1/apply`;
  const count = `/model/${encodeURIComponent(NOVA)}/count-tokens`;
  const checks = '/guardrail-checks/invoke';
  const text = '"content":[{"text":{"text":"Hello"}}]';
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  beforeAll(async () => {
    const value = `arn:aws:bedrock:us-east-1:123456789012:guardrail/${id}`;
    await product.client.putGrant({
      params: { org_id: product.orgId, grant_id: 'guardrail' },
      body: { kind: 'arn', value },
    });
  });

  test.each([
    ['cut off', apply, `{"source":"INPUT",${text}`],
    ['no object', checks, '[1]'],
    ['without content', apply, '{"source":"INPUT"}'],
    ['without checks', checks, '{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}'],
    ['with content twice', apply, `{"source":"INPUT",${text},${text}}`],
    ['with input twice', count, '{"input":{"converse":{}},"input":{"converse":{}}}'],
    ['without input', count, '{}'],
    ['too deep', apply, `{"source":"INPUT","content":${deep}}`],
    ['too deep inside', count, `{"input":{"converse":${deep}}}`],
    [
      'too deep in base64',
      count,
      JSON.stringify({ input: { invokeModel: { body: Buffer.from(deep).toString('base64') } } }),
    ],
  ])('that are %s are refused', async (_what, path, body) => {
    expect(await refusal({ path, body })).toBe('400 ValidationException');
  });

  test('that bring in what was not granted are refused', async () => {
    const s3 = { s3Location: { uri: 's3://others/secret.pdf' } };
    const document = { document: { format: 'pdf', name: 'a', source: s3 } };
    const converse = { messages: [{ role: 'user', content: [document] }] };
    const native = Buffer.from(JSON.stringify(converse)).toString('base64');
    for (const input of [{ converse }, { invokeModel: { body: native } }]) {
      const body = JSON.stringify({ input });
      expect(await refusal({ path: count, body })).toBe('403 AccessDeniedException');
    }
  });
});

describe('requests that the gateway cannot price', () => {
  test('unknown labels and unpriced models are told apart', async () => {
    expect(await refusal({ model: 'my-label' })).toBe('404 ResourceNotFoundException');
    expect(await refusal({ model: 'amazon.nova-nobody-v1:0' })).toBe('403 AccessDeniedException');
    expect(await refusal({ model: 'us.us.amazon.nova-micro-v1:0' })).toMatch(/^40[034] /);
  });

  test('an image where the window is unknown has no bound', async () => {
    const body = JSON.stringify({
      messages: [
        { role: 'user', content: [{ image: { format: 'png', source: { bytes: 'AAAA' } } }] },
      ],
      inferenceConfig: { maxTokens: 9 },
    });
    const model = 'ai21.jamba-1-5-large-v1:0';
    const answer = await call(product, { model, body });
    if (answer.status !== 200) expect(answer.error).toBe('ValidationException');
    rowsBefore = (await product.book()).length;
  });

  test.each([
    ['1e999', '1e999'],
    ['-1', '-1'],
    ['a fraction', '10.5'],
    ['a text', '"4000"'],
    ['an object', '{}'],
    ['more than any model has', '9007199254740993'],
  ])('a maxTokens that is %s loses nothing', async (_what, maxTokens) => {
    const body =
      '{"messages":[{"role":"user","content":[{"text":"Hello"}]}],' +
      `"inferenceConfig":{"maxTokens":${maxTokens}}}`;
    const answer = await call(product, { body, fault: 'tokens;mode=worst' });
    expect([200, 400]).toContain(answer.status);
    expect(await counterOf(product, 'tollkeeper_over_bound_total')).toBe(0);
    rowsBefore = (await product.book()).length;
  });
});
