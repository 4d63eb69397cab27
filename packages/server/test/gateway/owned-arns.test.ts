/**
 * ARNs that belong to the AWS account: profiles, routers, provisioned, imported, deployed models.
 * They are looked up in the control plane, only for who was granted them, and priced by what they
 * stand for: entries against the simulator's book and the published prices.
 */
import {
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startUpstream, wholeAnswer, type RecordingUpstream } from './recording-upstream.ts';
import { call, entriesOf, eventually } from './requests.ts';
import { nativeBody, PROTOCOLS, question, sdkFor } from './sdk-client.ts';

const OWNED = 'arn:aws:bedrock:us-east-1:123456789012';
const CLAUDE_GEO = `${OWNED}:application-inference-profile/simclaudegeo`;
const CLAUDE_GLOBAL = `${OWNED}:application-inference-profile/simclaudeall`;
const NOVA_LITE = `${OWNED}:application-inference-profile/simnovalite0`;
const CLAUDE_ROUTER = `${OWNED}:default-prompt-router/anthropic.claude:1`;
const NOVA_ROUTER = `${OWNED}:prompt-router/simrouternov`;
const PROVISIONED = `${OWNED}:provisioned-model/simprovision`;
const IMPORTED = `${OWNED}:imported-model/simimported1`;
const DEPLOYED = `${OWNED}:custom-model-deployment/simdeploy001`;
const NOBODY = `${OWNED}:application-inference-profile/nobody`;
const ALL = [
  ...[CLAUDE_GEO, CLAUDE_GLOBAL, NOVA_LITE, CLAUDE_ROUTER, NOVA_ROUTER],
  ...[PROVISIONED, IMPORTED, DEPLOYED, NOBODY],
];
const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

let product: RunningProduct;

beforeAll(async () => {
  product = await startProduct();
  await grantAll(product, ALL);
});
afterAll(() => product.close());

async function grantAll(running: RunningProduct, arns: readonly string[]): Promise<void> {
  for (const [index, value] of arns.entries()) {
    const params = { org_id: running.orgId, grant_id: `arn-${index}` };
    await running.client.putGrant({ params, body: { kind: 'arn', value } });
  }
}

function newKey(
  running: RunningProduct,
  body: NonNullable<Parameters<typeof product.client.createKey>[0]['body']>,
) {
  const params = { org_id: running.orgId, app_id: running.appId };
  return running.client.createKey({ params, body });
}

/** The one entry of a key, and the row of the book that it should agree with. */
async function recordedFor(keyId: string) {
  const entry = await eventually(async () => {
    const { entries } = await product.client.listEntries({ query: { key_id: keyId } });
    return entries[0];
  });
  const row = (await product.book()).find(({ attempt_id }) => attempt_id === entry.attempt_id);
  return { entry, row };
}

/** Prices of AWS in USD for a million tokens, and the scope by which they were found. */
const PRICED = [
  [CLAUDE_GEO, SONNET, 'geo', 3.3, 16.5],
  [CLAUDE_GLOBAL, SONNET, 'global', 3, 15],
  [NOVA_LITE, 'amazon.nova-lite-v1:0', 'in_region', 0.06, 0.24],
] as const;

describe.each(PROTOCOLS)('over %s', (protocol) => {
  test.each(PRICED)(
    'the profile %s is charged as %s, %s',
    async (modelId, model_id, scope, input, output) => {
      for (const operation of ['Converse', 'ConverseStream', 'InvokeModel'] as const) {
        const made = await newKey(product, {});
        const { client } = sdkFor(product, protocol, { apiKey: made.api_key });
        if (operation === 'Converse') await client.send(new ConverseCommand(question(modelId)));
        else if (operation === 'InvokeModel') {
          await client.send(new InvokeModelCommand({ modelId, body: nativeBody(model_id) }));
        } else {
          const { stream } = await client.send(new ConverseStreamCommand(question(modelId)));
          for await (const event of stream ?? []) expect(event).toBeDefined();
        }
        client.destroy();
        const { entry, row } = await recordedFor(made.key_id);
        expect(entry).toMatchObject({ operation, model_id: modelId, priced: 'yes' });
        expect(entry).toMatchObject({ price_basis: { model_id, scope }, ceiling_usd: null });
        expect(entry.usage).toMatchObject(row?.usage ?? { book: 'has no such row' });
        const used = row?.usage as { input_tokens: number; output_tokens: number };
        // USD a million tokens are a million times as many pico-USD a token.
        const pico =
          BigInt(used.input_tokens) * BigInt(Math.round(input * 1e6)) +
          BigInt(used.output_tokens) * BigInt(Math.round(output * 1e6));
        expect(picoOf(entry.cost_usd)).toBe(pico);
      }
    },
  );

  test('a router is charged as the model it chose; its fee is never silently free', async () => {
    const made = await newKey(product, {});
    const { client } = sdkFor(product, protocol, { apiKey: made.api_key });
    const answer = await client.send(new ConverseCommand(question(CLAUDE_ROUTER)));
    client.destroy();
    expect(answer.trace?.promptRouter?.invokedModelId).toContain(HAIKU);
    const { entry, row } = await recordedFor(made.key_id);
    const used = row?.usage as { input_tokens: number; output_tokens: number };
    const pico = BigInt(used.input_tokens) * 250_000n + BigInt(used.output_tokens) * 1_250_000n;
    expect(picoOf(entry.cost_usd)).toBe(pico);
    expect(entry).toMatchObject({
      model_id: CLAUDE_ROUTER,
      priced: 'partly',
      price_basis: { model_id: HAIKU },
    });
    expect(entry.charges.at(-1)).toMatchObject({
      class: 'prompt_router_request',
      amount_usd: null,
    });
    expect(picoOf(entry.ceiling_usd ?? '0')).toBeGreaterThan(pico);
  });
});

test('a router holds what the dearest of its models can cost', async () => {
  const made = await newKey(product, {});
  const running = call(product, { model: NOVA_ROUTER, key: made.api_key, fault: 'slow;ms=300' });
  const [hold] = await eventually(async () => {
    const holds = await product.server.stores.ledger.holds();
    return holds.length > 0 ? holds : undefined;
  });
  // Nova Pro, the dearer of the two: 0.8 and 3.2 USD a million.
  const output = 64n * 3_200_000n;
  expect(hold?.amounts.usd).toBeGreaterThan(output);
  expect((await running).status).toBe(200);
});

test.each([
  ['provisioned', PROVISIONED],
  ['imported', IMPORTED],
])('a %s model is metered, and one more call of it costs nothing', async (_kind, model) => {
  for (const operation of ['converse', 'converse-stream'] as const) {
    const made = await newKey(product, {});
    const answer = await call(product, { model, operation, key: made.api_key });
    expect(answer.status).toBe(200);
    const { entry, row } = await recordedFor(made.key_id);
    expect(entry.usage).toMatchObject(row?.usage ?? { book: 'has no such row' });
    expect(entry).toMatchObject({ priced: 'yes', cost_usd: '0', ceiling_usd: null });
    expect(entry.charges.map((line) => line.unit_price_usd)).toEqual(['0', '0']);
  }
});

test('a provisioned model reads the body of the model that it is made of', async () => {
  const made = await newKey(product, {});
  const path = `/model/${encodeURIComponent(PROVISIONED)}/invoke`;
  const answer = await call(product, { path, key: made.api_key, body: nativeBody(HAIKU) });
  expect(answer.status).toBe(200);
  const { entry, row } = await recordedFor(made.key_id);
  expect(entry).toMatchObject({ usage_source: 'reported', operation: 'InvokeModel' });
  expect(entry.usage).toMatchObject(row?.usage ?? { book: 'has no such row' });
});

test('a deployed model has a price of its own: without one it is refused, or flagged', async () => {
  const refused = await call(product, { model: DEPLOYED });
  expect([refused.status, refused.error]).toEqual([403, 'AccessDeniedException']);
  const made = await newKey(product, { policy: { unpriced: 'flag' } });
  expect((await call(product, { model: DEPLOYED, key: made.api_key })).status).toBe(200);
  const { entry } = await recordedFor(made.key_id);
  expect(entry).toMatchObject({ priced: 'no', cost_usd: '0' });
  expect(entry.usage?.output_tokens).toBeGreaterThan(0);
});

test('CountTokens of a profile is free, and one entry', async () => {
  const path = `/model/${encodeURIComponent(CLAUDE_GEO)}/count-tokens`;
  const body = JSON.stringify({ input: { converse: JSON.parse(nativeBody('nova')) as object } });
  const answer = await call(product, { path, body });
  expect(answer.status).toBe(200);
  const [entry] = await entriesOf(product, answer.requestId);
  expect(entry).toMatchObject({ operation: 'CountTokens', model_id: CLAUDE_GEO, cost_usd: '0' });
});

test('what the control plane does not know is not found', async () => {
  const answer = await call(product, { model: NOBODY });
  expect([answer.status, answer.error]).toEqual([404, 'ResourceNotFoundException']);
  expect(await entriesOf(product, answer.requestId)).toEqual([]);
});

describe('who may call a profile', () => {
  test('a key of one model calls its profiles, a key of another does not', async () => {
    const claude = await newKey(product, { models: [SONNET] });
    expect((await call(product, { model: CLAUDE_GEO, key: claude.api_key })).status).toBe(200);
    const nova = await newKey(product, { models: ['amazon.nova-lite-v1:0'] });
    const answer = await call(product, { model: CLAUDE_GEO, key: nova.api_key });
    expect([answer.status, answer.error]).toEqual([403, 'AccessDeniedException']);
    const exact = await newKey(product, { models: [CLAUDE_GEO] });
    expect((await call(product, { model: CLAUDE_GEO, key: exact.api_key })).status).toBe(200);
  });

  test('a key calls a router only if it may call every model behind it', async () => {
    const one = await newKey(product, { models: ['amazon.nova-lite-v1:0'] });
    const answer = await call(product, { model: NOVA_ROUTER, key: one.api_key });
    expect([answer.status, answer.error]).toEqual([403, 'AccessDeniedException']);
    const both = await newKey(product, {
      models: ['amazon.nova-lite-v1:0', 'amazon.nova-pro-v1:0'],
    });
    expect((await call(product, { model: NOVA_ROUTER, key: both.api_key })).status).toBe(200);
  });
});

describe('the control plane', () => {
  let control: RecordingUpstream;
  let watched: RunningProduct;
  beforeAll(async () => {
    control = await startUpstream();
    watched = await startProduct({ settings: { controlUrl: control.url, controlCacheMs: 0 } });
    await grantAll(watched, [CLAUDE_GEO, CLAUDE_GLOBAL, NOVA_ROUTER, elsewhere(NOVA_LITE)]);
  });
  afterAll(async () => {
    await watched.close();
    await control.close();
  });

  test('is asked for nothing that was not granted, and not for models of AWS', async () => {
    for (const model of [NOVA_LITE, `${CLAUDE_GEO}x`, elsewhere(NOVA_LITE)]) {
      const answer = await call(watched, { model });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(404);
    }
    expect((await call(watched, { model: 'amazon.nova-lite-v1:0' })).status).toBe(200);
    expect(control.requests).toEqual([]);
  });

  test('is asked by a signed GET that carries nothing of the caller', async () => {
    control.answerWith((socket) => socket.write(wholeAnswer('{}', '404 Not Found')));
    await call(watched, { model: CLAUDE_GEO, headers: { 'x-secret-of-caller': 'yes' } });
    const [request] = control.requests.splice(0);
    const arn = encodeURIComponent(CLAUDE_GEO);
    expect(request?.line).toBe(`GET /inference-profiles/${arn} HTTP/1.1`);
    const header = Object.fromEntries(
      (request?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]),
    );
    expect(header['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 .*\/us-east-1\/bedrock\/aws4_request/,
    );
    expect(JSON.stringify(header)).not.toContain(watched.apiKey);
    expect(header['x-secret-of-caller']).toBeUndefined();
  });

  test('that may not answer is named with the right that is missing', async () => {
    control.answerWith((socket) => socket.write(wholeAnswer('{}', '403 Forbidden')));
    const answer = await call(watched, { model: NOVA_ROUTER });
    expect([answer.status, answer.error]).toEqual([503, 'ServiceUnavailableException']);
    expect(answer.message).toContain('bedrock:GetPromptRouter');
  });

  test('is believed only as far as it is understood', async () => {
    const other = `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU}`;
    const models = [{ modelArn: other }, { modelArn: other.replace(HAIKU, SONNET) }];
    control.answerWith((socket) => socket.write(wholeAnswer(JSON.stringify({ models }))));
    const before = (await watched.book()).length;
    const answer = await call(watched, { model: CLAUDE_GLOBAL });
    expect([answer.status, answer.error]).toEqual([503, 'ServiceUnavailableException']);
    expect(await watched.book()).toHaveLength(before);
  });
});

function elsewhere(arn: string): string {
  return arn.replace('us-east-1', 'eu-west-1');
}

function picoOf(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole) * 10n ** 12n + BigInt(fraction.padEnd(12, '0'));
}
