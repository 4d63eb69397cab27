/**
 * The real AWS SDK for JavaScript against the real gateway: over HTTP/2, which it speaks by itself,
 * and over HTTP/1.1. What an application sees - answers, streams, errors by class, the SDK's own
 * retries - and what the ledger and the simulator's book say of it.
 */
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, converseBody, eventually } from './requests.ts';
import { counterOf } from './metrics-reading.ts';
import {
  PROTOCOLS,
  question,
  sdkCall,
  sdkFor,
  type OperationName,
  type Protocol,
  type Sdk,
  type SdkOptions,
} from './sdk-client.ts';

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const TITAN = 'amazon.titan-text-express-v1';
const EMBED = 'amazon.titan-embed-text-v2:0';

let product: RunningProduct;
const clients: Sdk[] = [];

beforeAll(async () => {
  product = await startProduct({ settings: { admissionWaitMs: 100, settleWaitMs: 5_000 } });
});
afterEach(() => {
  for (const { client } of clients.splice(0)) client.destroy();
});
afterAll(() => product.close());

function sdk(protocol: Protocol, options: SdkOptions = {}): Sdk {
  const made = sdkFor(product, protocol, options);
  clients.push(made);
  return made;
}

async function newKey(body: Parameters<typeof product.client.createKey>[0]['body'] = {}) {
  return product.client.createKey({
    params: { org_id: product.orgId, app_id: product.appId },
    body,
  });
}

/** Entries of one key, once there are `count`. */
function entriesOfKey(keyId: string, count: number) {
  return eventually(async () => {
    const { entries } = await product.client.listEntries({ query: { key_id: keyId } });
    return entries.length >= count ? entries : undefined;
  });
}

async function rowsOf(attemptIds: readonly string[]) {
  return (await product.book()).filter((row) => attemptIds.includes(row.attempt_id ?? ''));
}

const CALLS: readonly (readonly [OperationName, string])[] = [
  ['Converse', CLAUDE],
  ['Converse', NOVA],
  ['Converse', TITAN],
  ['ConverseStream', CLAUDE],
  ['ConverseStream', NOVA],
  ['ConverseStream', TITAN],
  ['InvokeModel', CLAUDE],
  ['InvokeModel', NOVA],
  ['InvokeModel', TITAN],
  ['InvokeModel', EMBED],
  ['InvokeModelWithResponseStream', CLAUDE],
  ['InvokeModelWithResponseStream', NOVA],
  ['InvokeModelWithResponseStream', TITAN],
];

describe.each(PROTOCOLS)('over %s', (protocol) => {
  test.each(CALLS)(
    '%s of %s is answered to its end and recorded once',
    async (operation, model) => {
      const made = await newKey();
      const answer = await sdkCall(sdk(protocol, { apiKey: made.api_key }), operation, model);
      expect(answer.text.length).toBeGreaterThan(20);
      const [entry, ...others] = await entriesOfKey(made.key_id, 1);
      expect(others).toEqual([]);
      const [row] = await rowsOf([entry?.attempt_id ?? '']);
      expect(entry).toMatchObject({ operation, model_id: model, outcome: 'ok' });
      expect(entry).toMatchObject({ usage_source: 'reported', priced: 'yes' });
      expect(entry?.usage).toMatchObject(row?.usage ?? { book: 'has no such row' });
      if (answer.outputTokens !== null) {
        expect(answer.outputTokens).toBe(entry?.usage?.output_tokens);
      }
      if (operation === 'ConverseStream') {
        expect([answer.events[0], answer.events.at(-1)]).toEqual(['messageStart', 'metadata']);
      }
    },
  );

  test('a prompt of any script and an answer of thousands of frames pass', async () => {
    const fault = 'tokens;mode=cjk;output=5000, frames;count=3000';
    const { client } = sdk(protocol, { fault });
    const input = {
      ...question(NOVA, 'Wer prüft das? 誰が確認しますか 🧾'),
      inferenceConfig: { maxTokens: 5000 },
    };
    const { stream } = await client.send(new ConverseStreamCommand(input));
    let deltas = 0;
    for await (const event of stream ?? []) if (event.contentBlockDelta) deltas += 1;
    // 5,000 characters in parts of ceil(5000 / 3000) = 2.
    expect(deltas).toBe(2500);
  });

  test('answers of one client at once are told apart', async () => {
    const { client } = sdk(protocol);
    const sizes = [16, 24, 32, 40, 48, 56, 64, 72];
    const answers = await Promise.all(
      sizes.map((maxTokens) =>
        client.send(new ConverseCommand({ ...question(NOVA), inferenceConfig: { maxTokens } })),
      ),
    );
    for (const [i, { usage }] of answers.entries()) {
      expect(usage?.outputTokens).toBeLessThanOrEqual(sizes[i] ?? 0);
      expect(usage?.outputTokens).toBeGreaterThan((sizes[i] ?? 0) - 9);
    }
  });
});

interface Failing {
  readonly name: string;
  readonly status: number;
  readonly attempts: number;
  readonly fault?: string;
  readonly model?: string;
  readonly text?: string;
}

/** Errors of the upstream and of the gateway, by the class that the SDK throws. */
const FAILING: readonly Failing[] = [
  { name: 'ThrottlingException', status: 429, fault: 'throttle', attempts: 3 },
  { name: 'ModelErrorException', status: 424, fault: 'error;status=424', attempts: 1 },
  { name: 'ModelTimeoutException', status: 408, fault: 'error;status=408', attempts: 1 },
  { name: 'InternalServerException', status: 500, fault: 'error;status=500', attempts: 3 },
  { name: 'ServiceUnavailableException', status: 503, fault: 'error;status=503', attempts: 3 },
  { name: 'AccessDeniedException', status: 403, fault: 'error;status=403', attempts: 1 },
  { name: 'ValidationException', status: 400, fault: 'error;status=400', attempts: 1 },
  { name: 'ResourceNotFoundException', status: 404, fault: 'error;status=404', attempts: 1 },
  { name: 'ModelErrorException', status: 424, fault: 'reset', attempts: 1 },
  { name: 'ResourceNotFoundException', status: 404, model: 'no-such-label', attempts: 1 },
  { name: 'AccessDeniedException', status: 403, model: 'amazon.nova-nobody-v1:0', attempts: 1 },
];

describe.each(PROTOCOLS)('errors over %s', (protocol) => {
  test.each(FAILING)('$name ($fault$model) by its class, $attempts attempts', async (failing) => {
    const made = await newKey();
    const options = { apiKey: made.api_key, config: { retryMode: 'standard' } };
    for (const operation of ['Converse', 'ConverseStream'] as const) {
      const caller = sdk(protocol, {
        ...options,
        ...(failing.fault === undefined ? {} : { fault: failing.fault }),
      });
      const error = await sdkCall(caller, operation, failing.model ?? NOVA).catch(
        (e: unknown) => e,
      );
      expect(error).toMatchObject({ name: failing.name });
      expect((error as { $metadata: object }).$metadata).toMatchObject({
        httpStatusCode: failing.status,
      });
      expect((error as Error).message.length).toBeGreaterThan(10);
      expect(caller.attempts()).toBe(failing.attempts);
    }
  });

  test('credentials that are wrong by what AWS calls them, without a retry', async () => {
    const provisioning = sdk(protocol, { apiKey: product.provisioningKey });
    await expect(sdkCall(provisioning, 'Converse', NOVA)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    const unknown = sdk(protocol, { apiKey: `${product.apiKey}x` });
    await expect(sdkCall(unknown, 'Converse', NOVA)).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    const expires = new Date(Date.now() + 150).toISOString();
    const made = await newKey({ expires_at: expires });
    const expired = sdk(protocol, { apiKey: made.api_key });
    await eventually(() =>
      sdkCall(expired, 'Converse', NOVA).then(
        () => undefined,
        (error: unknown) =>
          error instanceof Error && error.name === 'ExpiredTokenException' ? true : undefined,
      ),
    );
  });

  test.each([
    ['modelStreamErrorException', 'ModelStreamErrorException'],
    ['throttlingException', 'ThrottlingException'],
    ['internalServerException', 'InternalServerException'],
    ['serviceUnavailableException', 'ServiceUnavailableException'],
    ['validationException', 'ValidationException'],
  ])('the exception frame %s in a stream by its class', async (frame, name) => {
    for (const operation of ['ConverseStream', 'InvokeModelWithResponseStream'] as const) {
      const caller = sdk(protocol, { fault: `exception;name=${frame};after=4` });
      await expect(sdkCall(caller, operation, NOVA)).rejects.toMatchObject({ name });
      expect(caller.attempts()).toBe(1);
    }
  });

  test.each(['truncate;after=4', 'truncate;after=4;inside', 'reset;after=4'])(
    'a stream that breaks off (%s) by a modelled exception, never as a whole answer',
    async (fault) => {
      for (const operation of ['ConverseStream', 'InvokeModelWithResponseStream'] as const) {
        const broken = sdkCall(sdk(protocol, { fault }), operation, CLAUDE);
        await expect(broken).rejects.toMatchObject({ name: 'ModelStreamErrorException' });
      }
    },
  );
});

describe.each(PROTOCOLS)('retries over %s', (protocol) => {
  test('a spent budget causes exactly one attempt, and none reaches the upstream', async () => {
    for (const operation of ['Converse', 'ConverseStream', 'InvokeModel'] as const) {
      const made = await newKey();
      await putKeyBudget(made.key_id, 'usd', '0.000000001');
      const before = await refusals('budget_spent');
      const rows = (await product.book()).length;
      const caller = sdk(protocol, { apiKey: made.api_key });
      const error: unknown = await sdkCall(caller, operation, NOVA).catch((e: unknown) => e);
      expect(error).toMatchObject({ name: 'ServiceQuotaExceededException' });
      expect((error as Error).message).toMatch(/Limit 0\.000000001 USD, spent 0 USD/);
      expect(caller.attempts()).toBe(1);
      expect((await refusals('budget_spent')) - before).toBe(1);
      expect(await product.book()).toHaveLength(rows);
    }
  });

  test('a held budget is a throttle that the SDK repeats until there is room', async () => {
    const made = await newKey();
    const body = converseBody('What is a ledger? '.repeat(9));
    const slow = call(product, { key: made.api_key, model: NOVA, body, fault: 'slow;ms=400' });
    const [held] = await eventually(async () => {
      const holds = await product.server.stores.ledger.holds();
      return holds.length > 0 ? holds : undefined;
    });
    // Room for one bound and part of another: two calls fit one after the other, not together.
    const limit = ((held?.amounts.usd ?? 0n) * 15n) / 10n;
    await putKeyBudget(made.key_id, 'usd', `0.${String(limit).padStart(12, '0')}`);
    const caller = sdk(protocol, { apiKey: made.api_key, config: { maxAttempts: 20 } });
    await sdkCall(caller, 'Converse', NOVA);
    expect(caller.attempts()).toBeGreaterThan(1);
    expect((await slow).status).toBe(200);
    expect(await entriesOfKey(made.key_id, 2)).toHaveLength(2);
  });

  test('an upstream 500 gives one entry per attempt under one invocation id', async () => {
    const made = await newKey();
    const fault = (attempt: number): string => (attempt < 3 ? 'error;status=500' : '');
    const caller = sdk(protocol, { apiKey: made.api_key, fault });
    expect((await sdkCall(caller, 'ConverseStream', NOVA)).text).not.toBe('');
    const entries = await entriesOfKey(made.key_id, 3);
    expect(entries.map(({ outcome }) => outcome)).toEqual([
      'upstream_error',
      'upstream_error',
      'ok',
    ]);
    const [invocation, ...otherInvocations] = new Set(entries.map((entry) => entry.invocation_id));
    expect(otherInvocations).toEqual([]);
    expect(invocation).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(entries.map(({ attempt_id }) => attempt_id)).size).toBe(3);
    const rows = await rowsOf(entries.map(({ attempt_id }) => attempt_id));
    expect(rows).toHaveLength(3);
    expect(new Set(rows.map(({ invocation_id }) => invocation_id))).toEqual(new Set([invocation]));
  });

  test('destroying the client after its answers is no disconnect', async () => {
    const made = await newKey();
    const caller = sdk(protocol, { apiKey: made.api_key });
    await sdkCall(caller, 'ConverseStream', NOVA);
    await sdkCall(caller, 'Converse', NOVA);
    caller.client.destroy();
    const entries = await entriesOfKey(made.key_id, 2);
    const rows = await rowsOf(entries.map(({ attempt_id }) => attempt_id));
    expect(rows.map(({ client_gone }) => client_gone)).toEqual([false, false]);
    expect(await counterOf(product, 'tollkeeper_calls_draining')).toBe(0);
  });

  test('giving up in the middle of a stream is charged what was really used', async () => {
    const made = await newKey();
    const fault = 'frames;count=40, pace;ms=5';
    const { client } = sdk(protocol, { apiKey: made.api_key, fault });
    const left = new AbortController();
    const { stream } = await client.send(new ConverseStreamCommand(question(NOVA)), {
      abortSignal: left.signal,
    });
    let seen = 0;
    const reading = (async () => {
      for await (const event of stream ?? []) {
        if (event.contentBlockDelta !== undefined) seen += 1;
        if (seen === 5) left.abort();
      }
    })();
    await reading.catch(() => undefined);
    client.destroy();
    const [entry] = await entriesOfKey(made.key_id, 1);
    const [row] = await rowsOf([entry?.attempt_id ?? '']);
    expect(seen).toBeLessThan(40);
    expect(entry).toMatchObject({ outcome: 'ok', usage_source: 'reported' });
    expect(entry?.usage?.output_tokens).toBe(row?.usage?.['output_tokens']);
  });
});

function refusals(reason: string): Promise<number> {
  return counterOf(product, 'tollkeeper_refusals_total', `reason="${reason}"`);
}

async function putKeyBudget(keyId: string, unit: 'usd' | 'requests', amount: string) {
  return product.client.putBudget({
    params: { budget_id: `of-${keyId}` },
    body: {
      scope: { type: 'key', org_id: product.orgId, key_id: keyId },
      limit: { unit, amount },
      window: 'day',
      timezone: 'UTC',
      mode: 'enforce',
    },
  });
}
