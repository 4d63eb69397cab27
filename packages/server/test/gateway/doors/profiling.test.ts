/** The profiling door: `inputs` and `parameters` for whichever model the query names. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, entriesOf } from '../requests.ts';
import { signIn } from './person.ts';

const SONNET = 'anthropic.claude-3-sonnet-20240229-v1:0';
const SONNET_NOW = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
/** Of the simulator; stands for that one. */
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/simclaudegeo';

let product: RunningProduct;
let token: string;

beforeAll(async () => {
  product = await startProduct();
  token = await signIn(product);
});

afterAll(() => product.close());

function ask(
  query: string,
  body: unknown,
  { headers, stage = '' }: { headers?: Record<string, string>; stage?: string } = {},
) {
  return call(product, {
    path: `${stage}/invoke_model?${query}`,
    key: null,
    headers: headers ?? { auth: token },
    body: JSON.stringify(body),
    fault: 'tokens;output=50',
  });
}

const ASKED = { inputs: 'What is a ledger?', parameters: { maxTokenCount: 9, temperature: 0.8 } };

test('a text model answers with the text it generated, and leaves one entry', async () => {
  for (const stage of ['', '/prod', '/kerrigan_prod']) {
    const answer = await ask(`model_id=${SONNET}`, ASKED, { stage });
    expect(answer.status).toBe(200);
    const told = JSON.parse(answer.body.toString()) as { generated_text: string }[];
    expect(told).toEqual([{ generated_text: expect.any(String) as string }]);
    // Nine tokens of the simulator, four characters each: the maximum was understood.
    expect(told[0]?.generated_text).toHaveLength(36);
    const [entry, ...others] = await entriesOf(product, answer.requestId);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ model_id: SONNET, org_id: product.orgId, key_id: null });
    expect(entry?.usage).toMatchObject({ output_tokens: 9 });
  }
});

test('models of every family are asked in their own words', async () => {
  for (const model of [
    'amazon.titan-text-express-v1',
    'amazon.nova-lite-v1:0',
    'meta.llama3-8b-instruct-v1:0',
    'mistral.mistral-7b-instruct-v0:2',
    'cohere.command-r-v1:0',
    'ai21.jamba-1-5-mini-v1:0',
    `us.${SONNET}`,
  ]) {
    const answer = await ask(`model_id=${encodeURIComponent(model)}`, ASKED);
    expect([model, answer.status, answer.body.toString()]).toEqual([
      model,
      200,
      expect.stringMatching(/^\[\{"generated_text":".{36}"\}\]$/),
    ]);
  }
});

test('an embedding model answers with the embedding, whatever the parameters', async () => {
  const answer = await ask('model_id=amazon.titan-embed-text-v1', ASKED);
  expect(answer.status).toBe(200);
  const [told] = JSON.parse(answer.body.toString()) as { embedding: number[] }[];
  expect(told?.embedding).toHaveLength(1536);
  expect(await entriesOf(product, answer.requestId)).toHaveLength(1);
});

test('the token may come in either header', async () => {
  for (const headers of [
    { auth: token },
    { auth: `Bearer ${token}` },
    { authorization: `Bearer ${token}` },
    { authorization: token },
  ]) {
    const answer = await ask(`model_id=${SONNET}`, ASKED, { headers });
    expect(answer.status).toBe(200);
  }
});

test('an ARN beside the model is what is called, if the organization was granted it', async () => {
  const arn = `model_arn=${encodeURIComponent(PROFILE)}`;
  const queries = [`model_id=${SONNET_NOW}&${arn}`, arn];
  for (const query of queries) {
    const answer = await ask(query, ASKED);
    expect([query, answer.status]).toEqual([query, 403]);
    expect(Object.keys(JSON.parse(answer.body.toString()) as object)).toEqual(['error']);
  }
  await product.client.putGrant({
    params: { org_id: product.orgId, grant_id: 'profile' },
    body: { kind: 'arn', value: PROFILE },
  });
  const operations: unknown[] = [];
  for (const query of queries) {
    const answer = await ask(query, ASKED);
    expect(answer.body.toString()).toMatch(/^\[\{"generated_text":".{36}"\}\]$/);
    const [entry] = await entriesOf(product, answer.requestId);
    expect(entry).toMatchObject({ model_id: PROFILE });
    operations.push(entry?.operation);
  }
  // Without the id, nobody knows whose body it takes: Converse has one for all.
  expect(operations).toEqual(['InvokeModel', 'Converse']);
});

test('what cannot be understood is refused in the words of the door', async () => {
  for (const [query, body, status] of [
    ['', ASKED, 400],
    [`model_id=${SONNET}`, {}, 400],
    [`model_id=${SONNET}`, { inputs: 3 }, 400],
    [`model_id=${SONNET}`, { inputs: 'x', parameters: { maxTokenCount: '9' } }, 400],
    ['model_id=meta.llama3-8b-instruct-v1:0', { inputs: 'x', parameters: { topK: 5 } }, 400],
    ['model_id=stability.stable-image-core-v1:1', ASKED, 400],
    ['model_id=no-such-label', ASKED, 404],
    ['model_id=a/../b', ASKED, 400],
    ['model_id=nobody.knows-this-v1:0', ASKED, 403],
  ] as const) {
    const answer = await ask(query, body);
    expect([query, answer.status]).toEqual([query, status]);
    expect(Object.keys(JSON.parse(answer.body.toString()) as object)).toEqual(['error']);
    expect(await entriesOf(product, answer.requestId)).toEqual([]);
  }
});

test('an API key is no token of a person', async () => {
  const answer = await ask(`model_id=${SONNET}`, ASKED, { headers: { auth: product.apiKey } });
  expect(answer.status).toBe(401);
});
