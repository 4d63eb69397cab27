/**
 * The real AWS SDK against labels: an application names `premium` or `auto` as its model, goes on
 * calling while its quotas drain, and sees in the headers what served it and why.
 */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pico, tenantOf, type Tenant } from './keeper-rig.ts';
import { entriesOf } from './requests.ts';
import { PROTOCOLS, sdkCall, sdkFor, type OperationName, type Sdk } from './sdk-client.ts';

const MODELS: Readonly<Record<string, string>> = {
  premium: 'amazon.nova-pro-v1:0',
  standard: 'amazon.nova-2-lite-v1:0',
  economy: 'amazon.nova-micro-v1:0',
};
const LABELS = Object.keys(MODELS);
/** Micro-USD: room for a handful of calls each. */
const QUOTAS = { premium: 2_000, standard: 1_400, economy: 90 };
const CALLS_MAX = 300;

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct({ settings: { admissionWaitMs: 100, rateLimitPreset: 'off' } });
});
afterAll(() => product.close());

interface Seen {
  readonly label: string;
  readonly model: string;
  readonly reason: string | undefined;
  readonly requestId: string;
}

/** A client whose answers leave their headers in `seen`. */
function watching(tenant: Tenant, protocol: (typeof PROTOCOLS)[number]): Sdk & { seen: Seen[] } {
  const seen: Seen[] = [];
  const sdk = sdkFor(product, protocol, { apiKey: tenant.key });
  sdk.client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers = {} } = result.response as { headers?: Record<string, string> };
      const told = (name: string): string | undefined => headers[`x-tollkeeper-${name}`];
      const label = told('label');
      if (label === undefined) return result;
      const requestId = told('request-id') ?? '';
      seen.push({ label, model: told('model') ?? '', reason: told('fallback-reason'), requestId });
      return result;
    },
    { step: 'deserialize', name: 'watch', priority: 'high' },
  );
  return { ...sdk, seen };
}

const OPERATIONS: readonly OperationName[] = [
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'InvokeModelWithResponseStream',
];

test.each(PROTOCOLS.flatMap((protocol) => ['premium', 'auto'].map((m) => [protocol, m] as const)))(
  'over %s: calls of %s go down the chain until every quota is spent',
  async (protocol, modelId) => {
    const tenant = await tenantOf(product, { quotas: QUOTAS });
    const sdk = watching(tenant, protocol);
    let refusal: unknown;
    let calls = 0;
    while (refusal === undefined && calls < CALLS_MAX) {
      const operation = OPERATIONS[calls % OPERATIONS.length] ?? 'Converse';
      calls += 1;
      await sdkCall(sdk, operation, modelId).catch((error: unknown) => (refusal = error));
    }
    expect(refusal).toMatchObject({ name: 'ServiceQuotaExceededException' });
    expect(String(refusal)).toMatch(/premium: .*standard: .*economy: /s);
    // One attempt each, that of the refusal included: a spent quota is not asked again.
    expect(sdk.attempts()).toBe(calls);
    expect(sdk.seen).toHaveLength(calls - 1);
    const served = LABELS.map((label) => sdk.seen.filter((each) => each.label === label).length);
    console.log(`${protocol} ${modelId}: served ${served.join(', ')} by ${LABELS.join(', ')}`);
    for (const count of served) expect(count).toBeGreaterThan(1);
    for (const { label, model, reason, requestId } of sdk.seen) {
      expect(model).toBe(MODELS[label]);
      expect(reason === undefined).toBe(label === 'premium');
      const [entry] = await entriesOf(product, requestId);
      expect(entry).toMatchObject({ label, model_id: model, outcome: 'ok' });
    }
    for (const label of LABELS) {
      const { limit, high_water, excess, held } = await tenant.quota(label);
      expect(pico(high_water)).toBeLessThanOrEqual(pico(limit.amount));
      expect([excess, held]).toEqual(['0', '0']);
    }
    sdk.client.destroy();
  },
);

test('why a label is not the first is told for as long as it is so', async () => {
  const tenant = await tenantOf(product);
  const sdk = watching(tenant, 'HTTP/2');
  await sdkCall(sdk, 'ConverseStream', 'premium');
  expect(await tenant.submit('premium', { input: 1_250_000, output: 0 })).toBe(202);
  for (const operation of OPERATIONS) await sdkCall(sdk, operation, 'premium');
  expect(sdk.seen.map(({ label, reason }) => [label, reason])).toEqual([
    ['premium', undefined],
    ['standard', 'QUOTA_EXCEEDED_PREMIUM'],
    ['standard', 'STICKY_FALLBACK'],
    ['standard', 'STICKY_FALLBACK'],
    ['standard', 'STICKY_FALLBACK'],
  ]);
  sdk.client.destroy();
});
