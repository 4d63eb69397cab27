/**
 * Drives every row of the table "Every step and failure" in docs/ARCHITECTURE.md against the real
 * server, a real SQLite file and the simulator, and fails when the table has a row without a case
 * here.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failingLedger, type Failure } from './failing-ledger.ts';
import { SMALL_REPLY, startUpstream, wholeAnswer } from './recording-upstream.ts';
import {
  call,
  converseBody,
  entriesOf,
  eventually,
  type Answer,
  type CallOptions,
} from './requests.ts';
import { signedHeaders } from './signed-headers.ts';

const NOVA = 'amazon.nova-micro-v1:0';
const SMALL_WAITS = { admissionWaitMs: 300, settleWaitMs: 200 };

let product: RunningProduct;
let failure: Failure;
const covered = new Set<string>();

beforeAll(async () => {
  failure = { reserve: false, settle: false };
  product = await startProduct({
    settings: {
      ...SMALL_WAITS,
      bodyBytesMax: 700_000,
      bufferedBytesMax: 1_100_000,
      replyBufferBytesMax: 100_000,
      drainMsMax: 2_000,
      shutdownGraceMs: 500,
    },
    wrapStores: (stores) => ({ ...stores, ledger: failingLedger(stores.ledger, failure) }),
  });
});

afterAll(() => product.close());

/** A case of the table; its id must be a row of the document. */
function row(id: string, guarantee: string, run: () => Promise<void>): void {
  covered.add(id);
  test(`${id}: ${guarantee}`, run);
}

function converse(options: CallOptions = {}): Promise<Answer> {
  return call(product, options);
}

/** The only entry of a call, looked up by the request id that its answer carries. */
async function entryOf(answer: Answer) {
  const entries = await entriesOf(product, answer.requestId);
  expect(entries).toHaveLength(1);
  const [entry] = entries;
  if (entry === undefined) throw new Error('unreachable');
  return entry;
}

async function nothingRecorded(answer: Answer): Promise<void> {
  expect(await entriesOf(product, answer.requestId)).toEqual([]);
  expect(await product.server.stores.ledger.holds()).toEqual([]);
}

async function expectRefusal(answer: Answer, status: number, error: string): Promise<void> {
  expect([answer.status, answer.error]).toEqual([status, error]);
  await nothingRecorded(answer);
}

describe('before anything is sent', () => {
  row('A1', 'a malformed or dotted path is refused', async () => {
    for (const path of [
      '/model/a.b/../converse',
      '/model/%2e%2e/converse',
      '/model/%ff/converse',
    ]) {
      await expectRefusal(await converse({ path }), 400, 'ValidationException');
    }
  });

  row('A2', 'an unknown or unsupported inference path is refused by name', async () => {
    for (const path of [
      `/model/${NOVA}/teleport`,
      '/openai/v1/chat/completions',
      '/async-invoke',
    ]) {
      await expectRefusal(await converse({ path }), 404, 'UnknownOperationException');
    }
  });

  row('A3', 'a gateway whose upstream is itself refuses instead of calling itself', async () => {
    const gatewayId = await product.server.stores.catalog.get<string>('setting', 'gateway_id');
    const headers = { 'x-tollkeeper-gateway': gatewayId?.value ?? '' };
    const answer = await converse({ headers });
    await expectRefusal(answer, 400, 'ValidationException');
    expect(answer.message).toContain('upstream of this gateway is the gateway itself');
  });

  row('B1', 'a call without a credential is refused', async () => {
    await expectRefusal(await converse({ key: null }), 403, 'MissingAuthenticationTokenException');
  });

  row('B2', 'an unknown key is refused', async () => {
    const key = `${product.apiKey.slice(0, -1)}${product.apiKey.endsWith('0') ? '1' : '0'}`;
    await expectRefusal(await converse({ key }), 403, 'UnrecognizedClientException');
  });

  row('B3', 'a revoked key is refused from the next call on', async () => {
    const params = { org_id: product.orgId, app_id: product.appId };
    const made = await product.client.createKey({ params, body: {} });
    expect((await converse({ key: made.api_key })).status).toBe(200);
    await product.client.revokeKey({ params: { key_id: made.key_id } });
    await expectRefusal(await converse({ key: made.api_key }), 403, 'AccessDeniedException');
  });

  row('B4', 'an expired key is refused', async () => {
    const params = { org_id: product.orgId, app_id: product.appId };
    const expires = new Date(Date.now() + 400).toISOString();
    const made = await product.client.createKey({ params, body: { expires_at: expires } });
    const answer = await eventually(async () => {
      const tried = await converse({ key: made.api_key });
      return tried.status === 403 ? tried : undefined;
    });
    await expectRefusal(answer, 403, 'ExpiredTokenException');
  });

  row('B5', 'keys of the wrong kind are refused and named', async () => {
    await expectRefusal(
      await converse({ key: product.provisioningKey }),
      403,
      'AccessDeniedException',
    );
    const bedrock = await converse({ key: `ABSK${'a'.repeat(120)}` });
    await expectRefusal(bedrock, 403, 'UnrecognizedClientException');
    expect(bedrock.message).toContain('an Amazon Bedrock API key');
  });

  row('B6', 'a signature that cannot be read is refused', async () => {
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=TKIA' };
    const answer = await converse({ key: null, headers });
    await expectRefusal(answer, 400, 'IncompleteSignatureException');
  });

  row('B7', 'a signature of another body or another time is refused', async () => {
    for (const over of [{ body: '{}' }, { body: '{}', statesHash: false }, { date: new Date(0) }]) {
      const headers = await signedHeaders(product, NOVA, over);
      const answer = await converse({ key: null, headers });
      await expectRefusal(answer, 403, 'InvalidSignatureException');
    }
  });

  row('C1', 'a body over the limit is refused', async () => {
    const answer = await converse({ body: converseBody('x'.repeat(800_000)) });
    await expectRefusal(answer, 400, 'ValidationException');
    expect(answer.message).toContain('700000 bytes');
  });

  row('C2', 'a client that leaves before its body has ended costs nothing', async () => {
    const before = (await product.book()).length;
    const { port } = new URL(product.endpoint);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          `POST /model/${NOVA}/converse HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ` +
            `${product.apiKey}\r\ncontent-length: 400\r\n\r\n{"messages":`,
          () => socket.destroy(),
        );
      });
      socket.on('close', () => resolve());
    });
    expect((await converse()).status).toBe(200);
    expect(await product.book()).toHaveLength(before + 1);
    expect(await product.server.stores.ledger.holds()).toEqual([]);
  });

  row('C3', 'bodies in memory are bounded over all connections', async () => {
    const { port } = new URL(product.endpoint);
    const open = Array.from({ length: 2 }, () => connect(Number(port), '127.0.0.1'));
    for (const socket of open) {
      socket.write(
        `POST /model/${NOVA}/converse HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ` +
          `${product.apiKey}\r\ncontent-length: 690000\r\n\r\n${'a'.repeat(400_000)}`,
      );
    }
    await eventually(async () => ((await bufferedBytes()) === 800_000 ? true : undefined));
    const answer = await converse({ body: converseBody('x'.repeat(400_000)) });
    await expectRefusal(answer, 503, 'ServiceUnavailableException');
    for (const socket of open) socket.destroy();
    await eventually(async () => ((await converse()).status === 200 ? true : undefined));
  });

  row('D1', 'an unknown label is not found', async () => {
    await expectRefusal(await converse({ model: 'premium' }), 404, 'ResourceNotFoundException');
  });

  row('D2', 'a model without a price is refused, or flagged where the key says so', async () => {
    const model = 'amazon.nova-nobody-v1:0';
    await expectRefusal(await converse({ model }), 403, 'AccessDeniedException');
    const params = { org_id: product.orgId, app_id: product.appId };
    const policy = { unpriced: 'flag' as const };
    const made = await product.client.createKey({ params, body: { policy } });
    const answer = await converse({ key: made.api_key, model });
    const entry = await entryOf(answer);
    expect(entry).toMatchObject({ priced: 'no', cost_usd: '0' });
    expect(answer.headers.get('x-tollkeeper-cost-usd')).toBeNull();
  });

  row('D3', 'account-owned ARNs and S3 locations are denied unless granted', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefabcdef';
    await expectRefusal(await converse({ model: arn }), 403, 'AccessDeniedException');
    const body = JSON.stringify({
      messages: [
        {
          role: 'user',
          content: [
            {
              document: {
                format: 'pdf',
                name: 'a',
                source: { s3Location: { uri: 's3://others/secret.pdf' } },
              },
            },
          ],
        },
      ],
    });
    const answer = await converse({ body });
    await expectRefusal(answer, 403, 'AccessDeniedException');
    expect(answer.message).toContain('s3://others/secret.pdf');
  });

  row('D4', 'a request whose cost cannot be bounded is refused', async () => {
    const { models } = JSON.parse(
      readFileSync(new URL('../../../core/data/models.json', import.meta.url), 'utf8'),
    ) as { models: Record<string, string | null>[] };
    const model = models.find(
      (facts) => facts['kind'] === 'text' && facts['max_output_tokens'] === null,
    );
    const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }] });
    const answer = await converse({ model: model?.['model_id'] ?? '', body });
    await expectRefusal(answer, 400, 'ValidationException');
    expect(answer.message).toMatch(/maximum/);
  });

  row('D5', 'invalid JSON is refused', async () => {
    await expectRefusal(await converse({ body: '{"messages": [' }), 400, 'ValidationException');
  });

  row('D6', 'an ARN that stands for nothing is not found', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/nobody';
    await grantArn(product, arn);
    await expectRefusal(await converse({ model: arn }), 404, 'ResourceNotFoundException');
  });

  row('D7', 'without the control plane an ARN is refused, and models of AWS are not', async () => {
    const cut = await startProduct({ settings: { controlUrl: 'http://127.0.0.1:9' } });
    try {
      const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/any';
      await grantArn(cut, arn);
      const answer = await call(cut, { model: arn });
      expect([answer.status, answer.error]).toEqual([503, 'ServiceUnavailableException']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await entriesOf(cut, answer.requestId)).toEqual([]);
      expect((await call(cut, {})).status).toBe(200);
      expect(await cut.book()).toHaveLength(1);
    } finally {
      await cut.close();
    }
  });

  row('E1', 'a rate limit answers 429 with Retry-After', async () => {
    const params = { org_id: product.orgId, app_id: product.appId };
    const made = await product.client.createKey({
      params,
      body: { rate_limits: { requests_per_minute: 1 } },
    });
    expect((await converse({ key: made.api_key })).status).toBe(200);
    const answer = await converse({ key: made.api_key });
    await expectRefusal(answer, 429, 'ThrottlingException');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  row('E2', 'a spent budget answers 400 and names figures and reset', async () => {
    const params = { org_id: product.orgId, app_id: product.appId };
    const made = await product.client.createKey({ params, body: {} });
    await putKeyBudget('spent', made.key_id, '0.000000001');
    const answer = await converse({ key: made.api_key });
    await expectRefusal(answer, 400, 'ServiceQuotaExceededException');
    expect(answer.message).toMatch(/Limit 0\.000000001 USD, spent 0 USD, held 0 USD.*resets at/);
  });

  row('E3', 'when only holds are in the way the call waits, then is throttled', async () => {
    const params = { org_id: product.orgId, app_id: product.appId };
    const made = await product.client.createKey({ params, body: {} });
    await putKeyBudget('held', made.key_id, '1', 'requests');
    const first = converse({ key: made.api_key, fault: 'slow;ms=1500' });
    await eventually(async () =>
      (await product.server.stores.ledger.holds()).length > 0 ? true : undefined,
    );
    const second = await converse({ key: made.api_key });
    expect([second.status, second.error]).toEqual([429, 'ThrottlingException']);
    expect(await entriesOf(product, second.requestId)).toEqual([]);
    expect((await first).status).toBe(200);
  });

  row('E4', 'a store that cannot be written lets nothing be sent', async () => {
    const before = (await product.book()).length;
    failure.reserve = true;
    const answer = await converse();
    failure.reserve = false;
    expect([answer.status, answer.error]).toEqual([503, 'ServiceUnavailableException']);
    expect(await product.book()).toHaveLength(before);
    expect((await converse()).status).toBe(200);
  });

  row('E5', 'a revocation by another process counts from the next call on', async () => {
    const params = { org_id: product.orgId, app_id: product.appId };
    const made = await product.client.createKey({ params, body: {} });
    expect((await converse({ key: made.api_key })).status).toBe(200);
    // Behind the back of this process's caches, as another process does it.
    const { catalog } = product.server.stores;
    const item = await catalog.get<Record<string, unknown>>('api_key', made.key_id);
    if (item === undefined) throw new Error('the key is not in the catalogue');
    const value = { ...item.value, revoked_at: new Date().toISOString() };
    await catalog.put({ kind: 'api_key', id: made.key_id, parent: item.parent, value });
    await expectRefusal(await converse({ key: made.api_key }), 403, 'AccessDeniedException');
  });
});

describe('once it is sent', () => {
  row('F1', 'an upstream that cannot be reached costs nothing', async () => {
    const unreachable = await startProduct({ upstreamUrl: 'http://127.0.0.1:9' });
    try {
      const answer = await call(unreachable, {});
      expect([answer.status, answer.error]).toEqual([503, 'ServiceUnavailableException']);
      expect(await entriesOf(unreachable, answer.requestId)).toEqual([]);
      expect(await unreachable.server.stores.ledger.holds()).toEqual([]);
    } finally {
      await unreachable.close();
    }
  });

  row('F2', 'a refusal of the upstream passes through and is charged nothing', async () => {
    const answer = await converse({ fault: 'throttle' });
    expect([answer.status, answer.error]).toEqual([429, 'ThrottlingException']);
    const zero = { outcome: 'refused', usage_source: 'reported', cost_usd: '0', ceiling_usd: null };
    expect(await entryOf(answer)).toMatchObject(zero);
  });

  row('F3', 'a failure of the upstream passes through and is unknown', async () => {
    for (const status of [408, 424, 500, 503]) {
      const answer = await converse({ fault: `error;status=${status}` });
      expect(answer.status).toBe(status);
      const unknown = { outcome: 'upstream_error', usage: null, usage_source: 'unknown' };
      expect(await entryOf(answer)).toMatchObject({ ...unknown, cost_usd: '0', ceiling_usd: '0' });
    }
  });

  row(
    'F4',
    'a connection that breaks after sending is unknown, with the hold as ceiling',
    async () => {
      const answer = await converse({ fault: 'reset' });
      expect([answer.status, answer.error]).toEqual([424, 'ModelErrorException']);
      const entry = await entryOf(answer);
      expect(entry).toMatchObject({ outcome: 'broken', usage_source: 'unknown', usage: null });
      expect(Number(entry.ceiling_usd)).toBeGreaterThan(0);
    },
  );

  row('F5', 'a client that leaves is charged what was really used', async () => {
    const left = new AbortController();
    const before = new Set((await product.book()).map(({ attempt_id }) => attempt_id));
    const answer = await converse({
      operation: 'converse-stream',
      fault: 'pace;ms=20',
      signal: left.signal,
      leaveAfterFirstChunk: left,
    });
    const entry = await eventually(async () => (await entriesOf(product, answer.requestId))[0]);
    const row = (await product.book()).find(
      ({ attempt_id }) => attempt_id === entry.attempt_id && !before.has(attempt_id),
    );
    expect(entry).toMatchObject({ outcome: 'ok', usage_source: 'reported' });
    expect(entry.usage?.output_tokens).toBe(row?.usage?.['output_tokens']);
    expect(row?.billed).toBe(true);
  });

  row('F6', 'a drain beyond its bound is settled at the hold', async () => {
    const bounded = await startProduct({ settings: { drainMsMax: 50 } });
    try {
      const left = new AbortController();
      const answer = await call(bounded, {
        operation: 'converse-stream',
        fault: 'pace;ms=200',
        signal: left.signal,
        leaveAfterFirstChunk: left,
      });
      const entry = await eventually(async () => (await entriesOf(bounded, answer.requestId))[0]);
      expect(entry.outcome).toBe('broken');
      expect(entry.usage_source).not.toBe('reported');
      expect(Number(entry.ceiling_usd)).toBeGreaterThan(0);
    } finally {
      await bounded.close();
    }
  });

  row('G1', 'a reply without usage is unknown, with the hold as ceiling', async () => {
    for (const operation of ['converse', 'converse-stream'] as const) {
      const answer = await converse({ operation, fault: 'no-usage' });
      expect(answer.status).toBe(200);
      const entry = await entryOf(answer);
      expect(entry).toMatchObject({ outcome: 'ok', usage: null, usage_source: 'unknown' });
      expect(Number(entry.ceiling_usd)).toBeGreaterThan(0);
      expect(answer.headers.get('x-tollkeeper-cost-usd')).toBeNull();
    }
  });

  row('G2', 'an exception frame before output is unknown and costs nothing', async () => {
    const answer = await converse({ operation: 'converse-stream', fault: 'exception;after=0' });
    const unknown = { outcome: 'upstream_error', usage_source: 'unknown', ceiling_usd: '0' };
    expect(await entryOf(answer)).toMatchObject(unknown);
  });

  row('G3', 'an exception frame after output is estimated, with the hold as ceiling', async () => {
    const answer = await converse({ operation: 'converse-stream', fault: 'exception;after=4' });
    const entry = await entryOf(answer);
    expect(entry).toMatchObject({ outcome: 'broken', usage_source: 'estimated' });
    expect(Number(entry.ceiling_usd)).toBeGreaterThan(Number(entry.cost_usd));
    expect(Number(entry.cost_usd)).toBeGreaterThan(0);
  });

  row('G4', 'a stream that ends early is told by a modelled exception frame', async () => {
    for (const fault of ['truncate;after=4', 'truncate;after=4;inside', 'reset;after=4']) {
      const answer = await converse({ operation: 'converse-stream', fault });
      expect(answer.frames.at(-1)).toBe('modelStreamErrorException');
      const entry = await entryOf(answer);
      expect(entry).toMatchObject({ outcome: 'broken', usage_source: 'estimated' });
      expect(Number(entry.ceiling_usd)).toBeGreaterThan(0);
    }
  });

  row('G5', 'usage above the bound is charged in full and named as excess', async () => {
    const params = { org_id: product.orgId, app_id: product.appId };
    const made = await product.client.createKey({ params, body: {} });
    const budget = await putKeyBudget('bounded', made.key_id, '0.00002');
    expect(budget.excess).toBe('0');
    const answer = await converse({ key: made.api_key, fault: 'usage;times=50' });
    const entry = await entryOf(answer);
    const after = await product.client.getBudget({ params: { budget_id: 'bounded' } });
    expect(after.spent).toBe(entry.cost_usd);
    expect(Number(after.excess)).toBeGreaterThan(0);
    expect(after.excess_by.over_bound).toBe(after.excess);
  });

  row('G6', 'a guardrail without a trace is estimated, or flagged by policy', async () => {
    await grantArn(product, 'arn:aws:bedrock:us-east-1:123456789012:guardrail/simguardrail');
    const guardrailConfig = { guardrailIdentifier: 'simguardrail', guardrailVersion: '1' };
    const body = JSON.stringify({ ...JSON.parse(converseBody('Hello')), guardrailConfig });
    const estimated = await entryOf(await converse({ body }));
    expect(estimated).toMatchObject({ outcome: 'ok', usage_source: 'estimated' });
    expect(Number(estimated.ceiling_usd)).toBeGreaterThan(Number(estimated.cost_usd));
    const params = { org_id: product.orgId, app_id: product.appId };
    const policy = { untraced_guardrail: 'flag' as const };
    const made = await product.client.createKey({ params, body: { policy } });
    const flagged = await entryOf(await converse({ key: made.api_key, body }));
    expect(flagged).toMatchObject({ usage_source: 'reported', priced: 'partly' });
    expect(Number(flagged.ceiling_usd)).toBeGreaterThan(Number(flagged.cost_usd));
  });

  row('G7', 'a router that does not tell what it chose has no price', async () => {
    const upstream = await startUpstream();
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:prompt-router/abcdefabcdef';
    const modelArn = `arn:aws:bedrock:us-east-1::foundation-model/${NOVA}`;
    upstream.answerWith((socket, { line }) => {
      const router = JSON.stringify({ models: [{ modelArn }] });
      socket.write(wholeAnswer(line.startsWith('GET') ? router : SMALL_REPLY));
    });
    const silent = await startProduct({ upstreamUrl: upstream.url });
    try {
      await grantArn(silent, arn);
      const answer = await call(silent, { model: arn });
      expect(answer.status).toBe(200);
      const [entry] = await entriesOf(silent, answer.requestId);
      expect(entry).toMatchObject({ outcome: 'ok', priced: 'no', cost_usd: '0' });
      expect(entry?.usage).toMatchObject({ input_tokens: 5, output_tokens: 2 });
      expect(Number(entry?.ceiling_usd)).toBeGreaterThan(0);
    } finally {
      await silent.close();
      await upstream.close();
    }
  });

  row('H1', 'a settlement that the store does not take is kept until it does', async () => {
    failure.settle = true;
    const answer = await converse();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-tollkeeper-cost-usd')).toBeNull();
    expect(await entriesOf(product, answer.requestId)).toEqual([]);
    failure.settle = false;
    const entry = await eventually(async () => (await entriesOf(product, answer.requestId))[0]);
    expect(entry).toMatchObject({ outcome: 'ok', usage_source: 'reported' });
  });

  row('H2', 'a settlement repeated after a late answer makes one entry', async () => {
    failure.settle = 'after-commit';
    const answer = await converse();
    failure.settle = false;
    await eventually(async () => (await entriesOf(product, answer.requestId))[0]);
    expect(await entryOf(answer)).toMatchObject({ outcome: 'ok' });
  });

  row('H3', 'a settlement after recovery makes one correction', async () => {
    const entries = await lateSettlement(product);
    const byType = new Map(entries.map((entry) => [entry.entry_type, entry]));
    const [recovered, correction] = [byType.get('attempt'), byType.get('correction')];
    expect(entries).toHaveLength(2);
    expect(recovered).toMatchObject({ outcome: 'interrupted', usage: null, cost_usd: '0' });
    expect(correction).toMatchObject({ outcome: 'ok', usage_source: 'reported' });
    expect(correction?.corrects_entry_id).toBe(recovered?.entry_id);
    expect(correction?.ceiling_usd).toBe(`-${recovered?.ceiling_usd ?? ''}`);
  });
});

async function grantArn(running: RunningProduct, value: string): Promise<void> {
  const params = { org_id: running.orgId, grant_id: value.replace(/^.*[:/]/, '') };
  await running.client.putGrant({ params, body: { kind: 'arn', value } });
}

/** What the gateway says of the bodies in its memory. */
async function bufferedBytes(): Promise<number> {
  const headers = { 'x-api-key': product.provisioningKey };
  const metrics = await (await fetch(`${product.endpoint}/metrics`, { headers })).text();
  return Number(/^tollkeeper_buffered_bytes\{[^}]*\} (\d+)$/m.exec(metrics)?.[1]);
}

/**
 * Recovers a hold that is still running, as if this instance had been taken for dead, then lets it
 * settle.
 */
async function lateSettlement(running: RunningProduct) {
  const { ledger } = running.server.stores;
  const { interruptedEntry } = await import('../../src/jobs/recovery.ts');
  const answering = call(running, { fault: 'slow;ms=300' });
  const [hold] = await eventually(async () => {
    const holds = await ledger.holds();
    return holds.length > 0 ? holds : undefined;
  });
  if (hold === undefined) throw new Error('no hold');
  await ledger.settle({
    instance_id: 'another',
    entry: interruptedEntry(hold, Date.now()),
    postings: {
      usd: { amount: hold.amounts.usd, ceiling: hold.amounts.usd },
      tokens: { amount: hold.amounts.tokens, ceiling: hold.amounts.tokens },
      requests: { amount: 1n, ceiling: 0n },
    },
    origin: 'recovery',
    correction_id: running.server.ids.uuid(),
  });
  const answer = await answering;
  return eventually(async () => {
    const entries = await entriesOf(running, answer.requestId);
    return entries.length > 1 ? entries : undefined;
  });
}

function putKeyBudget(
  budgetId: string,
  keyId: string,
  amount: string,
  unit: 'usd' | 'requests' = 'usd',
) {
  return product.client.putBudget({
    params: { budget_id: budgetId },
    body: {
      scope: { type: 'key', org_id: product.orgId, key_id: keyId },
      limit: { unit, amount },
      window: 'day',
      timezone: 'UTC',
      mode: 'enforce',
    },
  });
}

test('every row of the table in docs/ARCHITECTURE.md has a case here, and every case a row', () => {
  const page = readFileSync(new URL('../../../../docs/ARCHITECTURE.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| ([A-H]\d) /gm)].map(([, id]) => id);
  expect(rows.length).toBeGreaterThan(30);
  expect(covered).toEqual(new Set(rows));
  expect(rows).toHaveLength(covered.size);
});
