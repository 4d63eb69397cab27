/**
 * Labels as model ids: which label serves a call, what the answer tells of it, what moves the
 * sticky label, and what a call is told that no label takes. Through the real server, a real SQLite
 * file and the simulator.
 */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pictureBody, pico, tenantOf, told, type Tenant } from './keeper-rig.ts';
import { converseBody, entriesOf, eventually } from './requests.ts';

const PRO = 'amazon.nova-pro-v1:0';
const LITE = 'amazon.nova-2-lite-v1:0';
const MICRO = 'amazon.nova-micro-v1:0';
const CLAUDE = 'anthropic.claude-3-haiku-20240307-v1:0';
const TITAN = 'amazon.titan-embed-text-v2:0';
const LABELS = {
  premium: { type: 'model', id: PRO, description: 'Premium' },
  standard: { type: 'model', id: LITE, description: 'Standard' },
  economy: { type: 'model', id: MICRO, description: 'Economy' },
  claude: { type: 'model', id: CLAUDE, description: 'Claude' },
  embed: { type: 'model', id: TITAN, description: 'Embeddings' },
  regional: { type: 'profile', id: `us.${PRO}`, description: 'Pro, in the US' },
};

/** One USD of each price: 1.25 million tokens in at 0.80 USD, and so on. */
const A_USD = { premium: 1_250_000, economy: 28_571_429 } as const;

let product: RunningProduct;
beforeAll(async () => {
  const settings = { admissionWaitMs: 200, rateLimitPreset: 'off' };
  product = await startProduct({ settings, settingsFile: { model_labels: LABELS } });
});
afterAll(() => product.close());

/** Spends a quota of one USD on `premium`, all or that part of it. */
async function spendPremium(tenant: Tenant, part = 1): Promise<void> {
  const input = Math.ceil(A_USD.premium * part);
  expect(await tenant.submit('premium', { input, output: 0 })).toBe(202);
}

const OPERATIONS = [
  ['converse', converseBody('Hello', 8)],
  ['converse-stream', converseBody('Hello', 8)],
  ['invoke', converseBody('Hello', 8)],
  ['invoke-with-response-stream', converseBody('Hello', 8)],
  ['count-tokens', `{"input":{"converse":${converseBody('Hello')}}}`],
] as const;

describe('a label as a model id', () => {
  test.each(OPERATIONS)('is served by its target: %s', async (operation, body) => {
    const tenant = await tenantOf(product);
    for (const [asked, label, model] of [
      ['premium', 'premium', PRO],
      ['auto', 'premium', PRO],
      ['economy', 'economy', MICRO],
    ] as const) {
      const answer = await tenant.call(`/model/${asked}/${operation}`, { body });
      expect([answer.status, ...told(answer)]).toEqual([200, label, model, null]);
      const [entry] = await entriesOf(product, answer.requestId);
      expect(entry).toMatchObject({ label, model_id: model, attempt_id: answer.requestId });
      const rows = await product.book();
      expect(rows.find((row) => row.attempt_id === answer.requestId)?.model_id).toBe(model);
    }
  });

  test('a cross-region profile is called as it is', async () => {
    const tenant = await tenantOf(product, { ordering: ['regional'] });
    const answer = await tenant.call('/model/regional/converse');
    expect(told(answer)).toEqual(['regional', `us.${PRO}`, null]);
  });

  test('a label of others, and one that nobody knows, is no model', async () => {
    const tenant = await tenantOf(product, { ordering: ['premium'] });
    for (const asked of ['economy', 'nonesuch']) {
      const answer = await tenant.call(`/model/${asked}/converse`);
      expect([answer.status, answer.error]).toEqual([404, 'ResourceNotFoundException']);
      expect(answer.message).toContain('premium');
    }
  });

  test('an organization without quotas has no labels', async () => {
    const { orgId, appId } = product;
    for (const asked of ['premium', 'auto']) {
      const path = `/model/${asked}/converse`;
      const made = await product.client.createKey({
        params: { org_id: orgId, app_id: appId },
        body: {},
      });
      const answer = await (
        await tenantOf(product)
      ).call(path, {
        headers: { authorization: `Bearer ${made.api_key}` },
      });
      expect([answer.status, answer.error]).toEqual([404, 'ResourceNotFoundException']);
    }
  });

  test.each([PRO, `us.${PRO}`, `arn:aws:bedrock:us-east-1::foundation-model/${PRO}`])(
    '%s called by its name counts on the quota of its label',
    async (model) => {
      const tenant = await tenantOf(product);
      const answer = await tenant.call(`/model/${encodeURIComponent(model)}/converse`);
      expect(told(answer).slice(0, 1)).toEqual(['premium']);
      const [entry] = await entriesOf(product, answer.requestId);
      expect(entry?.label).toBe('premium');
      expect((await tenant.quota('premium')).spent).toBe(entry?.cost_usd);
      expect(entry?.cost_usd).not.toBe('0');
    },
  );

  test('a model that no label stands for counts on general budgets alone', async () => {
    const tenant = await tenantOf(product, { ordering: ['premium'] });
    const answer = await tenant.call(`/model/${encodeURIComponent(MICRO)}/converse`);
    expect([answer.status, ...told(answer)]).toEqual([200, null, null, null]);
    const [entry] = await entriesOf(product, answer.requestId);
    expect(entry?.label).toBeNull();
  });

  test('a spent label is still spent for whoever names its model', async () => {
    const tenant = await tenantOf(product);
    await spendPremium(tenant);
    const answer = await tenant.call(`/model/${encodeURIComponent(`us.${PRO}`)}/converse`);
    expect([answer.status, answer.error]).toEqual([400, 'ServiceQuotaExceededException']);
  });
});

describe('a spent label', () => {
  test.each(['premium', 'auto'])('moves the sticky one, for calls of %s', async (asked) => {
    const tenant = await tenantOf(product);
    await spendPremium(tenant);
    const path = `/model/${asked}/converse`;
    expect(told(await tenant.call(path))).toEqual(['standard', LITE, 'QUOTA_EXCEEDED_PREMIUM']);
    expect(told(await tenant.call(path))).toEqual(['standard', LITE, 'STICKY_FALLBACK']);
    const economy = await tenant.call('/model/economy/converse');
    expect(told(economy)).toEqual(['economy', MICRO, null]);
  });

  test('is one of whose quota less than a hundredth is left', async () => {
    const before = await tenantOf(product);
    await spendPremium(before, 0.989);
    expect(told(await before.call('/model/auto/converse'))[0]).toBe('premium');
    const after = await tenantOf(product);
    await spendPremium(after, 0.991);
    expect(told(await after.call('/model/auto/converse'))[0]).toBe('standard');
  });

  test('in the middle of a chain is passed without moving the active one', async () => {
    const tenant = await tenantOf(product);
    expect(await tenant.submit('standard', { input: 4_000_000, output: 0 })).toBe(202);
    const fallen = await tenant.call('/model/standard/converse');
    expect(told(fallen)).toEqual(['economy', MICRO, 'QUOTA_EXCEEDED_STANDARD']);
    expect(told(await tenant.call('/model/auto/converse'))).toEqual(['premium', PRO, null]);
  });

  test('is open again when its quota is raised, without a sticky label', async () => {
    const tenant = await tenantOf(product, { sticky: false });
    await spendPremium(tenant);
    const path = '/model/auto/converse';
    expect(told(await tenant.call(path))).toEqual(['standard', LITE, 'QUOTA_EXCEEDED_PREMIUM']);
    expect(told(await tenant.call(path))).toEqual(['standard', LITE, 'QUOTA_EXCEEDED_PREMIUM']);
    await product.client.putOrganization({
      params: { org_id: tenant.orgId },
      body: {
        ...{ org_name: 'Keeper', timezone: 'America/New_York', quota_scope: 'ORG' },
        model_ordering: ['premium', 'standard', 'economy'],
        quotas: { premium: 2_000_000, standard: 1_000_000, economy: 1_000_000 },
        overrides: { sticky_fallback_enabled: false },
      },
    });
    expect(told(await tenant.call(path))).toEqual(['premium', PRO, null]);
  });

  test('is one of the application alone where quotas are the applications own', async () => {
    const tenant = await tenantOf(product, { scope: 'APP' });
    await spendPremium(tenant);
    const params = { org_id: tenant.orgId, app_id: 'other' };
    await product.client.putApplication({ params, body: { app_name: 'Other' } });
    const other = await product.client.createKey({ params, body: {} });
    const path = '/model/auto/converse';
    expect(told(await tenant.call(path))[0]).toBe('standard');
    const authorization = `Bearer ${other.api_key}`;
    expect(told(await tenant.call(path, { headers: { authorization } }))[0]).toBe('premium');
  });

  test('of a chain whose labels are all spent is a refusal that names each', async () => {
    const quotas = { premium: 800, standard: 330, economy: 35 };
    const tenant = await tenantOf(product, { quotas });
    for (const label of ['premium', 'standard', 'economy']) {
      expect(await tenant.submit(label, { input: 1_000, output: 0 })).toBe(202);
    }
    const answer = await tenant.call('/model/auto/converse');
    expect([answer.status, answer.error]).toEqual([400, 'ServiceQuotaExceededException']);
    expect(told(answer)).toEqual([null, null, null]);
    for (const label of ['premium', 'standard', 'economy']) {
      expect(answer.message).toContain(`${label}: its quota is spent`);
    }
    expect(await entriesOf(product, answer.requestId)).toEqual([]);
  });
});

describe('a bound that does not fit', () => {
  test('is served by the next label, and moves nothing', async () => {
    // 0.003 USD: room for a small call of Nova Pro, none for a thousand tokens out (0.0032 USD).
    const tenant = await tenantOf(product, { quotas: { premium: 3_000 } });
    const path = '/model/auto/converse';
    const large = await tenant.call(path, { body: converseBody('Hello', 1_000) });
    expect(told(large)).toEqual(['standard', LITE, 'NO_ROOM_PREMIUM']);
    expect(told(await tenant.call(path))).toEqual(['premium', PRO, null]);
    const { high_water, limit } = await tenant.quota('premium');
    expect(pico(high_water)).toBeLessThanOrEqual(pico(limit.amount));
  });

  test('of no label is a refusal that tells why of each', async () => {
    const quotas = { premium: 30, standard: 30, economy: 2 };
    const tenant = await tenantOf(product, { quotas });
    const answer = await tenant.call('/model/auto/converse');
    expect([answer.status, answer.error]).toEqual([400, 'ServiceQuotaExceededException']);
    expect(answer.message).toMatch(/premium: .*standard: .*economy: The budget quota:/s);
    expect(await product.server.stores.ledger.holds()).toEqual([]);
  });

  test('on a budget of all labels can still fit with a cheaper model', async () => {
    const tenant = await tenantOf(product);
    await product.client.putBudget({
      params: { budget_id: `tight-${tenant.orgId}` },
      body: {
        scope: { type: 'organization', org_id: tenant.orgId },
        limit: { unit: 'usd', amount: '0.0005' },
        window: 'day',
        mode: 'enforce',
      },
    });
    const body = converseBody('Hello', 1_000);
    const answer = await tenant.call('/model/auto/converse', { body });
    expect(told(answer)).toEqual(['economy', MICRO, 'NO_ROOM_PREMIUM, NO_ROOM_STANDARD']);
  });
});

describe('a target that cannot take the call', () => {
  test('because the key may not call it is skipped', async () => {
    const tenant = await tenantOf(product, { models: [MICRO] });
    const answer = await tenant.call('/model/auto/converse');
    const words = 'NOT_ALLOWED_PREMIUM, NOT_ALLOWED_STANDARD';
    expect(told(answer)).toEqual(['economy', MICRO, words]);
    const none = await tenantOf(product, { models: [CLAUDE] });
    const refused = await none.call('/model/auto/converse');
    expect([refused.status, refused.error]).toEqual([403, 'AccessDeniedException']);
    expect(refused.message).toMatch(/premium: .*standard: .*economy: /s);
    // Which models those are, perhaps with the account that they are in, is not told.
    for (const model of [PRO, LITE, MICRO]) expect(refused.message).not.toContain(model);
  });

  test('because the organization is limited to other models is skipped', async () => {
    const tenant = await tenantOf(product);
    await product.client.putGrant({
      params: { org_id: tenant.orgId, grant_id: 'lite' },
      body: { kind: 'model', value: LITE },
    });
    const answer = await tenant.call('/model/auto/converse');
    expect(told(answer)).toEqual(['standard', LITE, 'NOT_ALLOWED_PREMIUM']);
  });

  test('because it does not read pictures is skipped, and told when it is the last', async () => {
    const upwards = await tenantOf(product, { ordering: ['economy', 'premium'] });
    const body = pictureBody();
    const answer = await upwards.call('/model/auto/converse', { body });
    expect(told(answer)).toEqual(['premium', PRO, 'UNFIT_ECONOMY']);
    expect(told(await upwards.call('/model/auto/converse'))).toEqual(['economy', MICRO, null]);
    const downwards = await tenantOf(product, { ordering: ['premium', 'economy'] });
    await spendPremium(downwards);
    const refused = await downwards.call('/model/auto/converse', { body });
    expect([refused.status, refused.error]).toEqual([400, 'ServiceQuotaExceededException']);
    expect(refused.message).toContain(`economy: ${MICRO} does not take image input`);
    const alone = await tenantOf(product, { ordering: ['economy'] });
    const invalid = await alone.call('/model/auto/converse', { body });
    expect([invalid.status, invalid.error]).toEqual([400, 'ValidationException']);
  });

  test('because it reads another body is skipped by InvokeModel, and not by Converse', async () => {
    const tenant = await tenantOf(product, { ordering: ['premium', 'claude', 'economy'] });
    await spendPremium(tenant);
    expect(told(await tenant.call('/model/auto/converse'))[0]).toBe('claude');
    for (const asked of ['auto', 'premium']) {
      const invoked = await tenant.call(`/model/${asked}/invoke`);
      expect(told(invoked)).toEqual(['economy', MICRO, 'STICKY_FALLBACK, UNFIT_CLAUDE']);
    }
    const body = JSON.stringify({
      input: { invokeModel: { body: Buffer.from(converseBody('Hi')).toString('base64') } },
    });
    const counted = await tenant.call('/model/auto/count-tokens', { body });
    expect(told(counted)[0]).toBe('economy');
    const only = await tenantOf(product, { ordering: ['premium', 'claude'] });
    await spendPremium(only);
    const refused = await only.call('/model/premium/invoke');
    expect(refused.status).toBe(400);
    expect(refused.message).toContain(`claude: ${CLAUDE} was not asked`);
  });

  test('because it makes embeddings is skipped by Converse', async () => {
    const tenant = await tenantOf(product, { ordering: ['embed', 'economy'] });
    expect(told(await tenant.call('/model/auto/converse'))).toEqual([
      'economy',
      MICRO,
      'UNFIT_EMBED',
    ]);
    const body = JSON.stringify({ inputText: 'Hello' });
    expect(told(await tenant.call('/model/embed/invoke', { body }))[0]).toBe('embed');
  });

  test('is not looked for when the request is wrong by itself', async () => {
    const tenant = await tenantOf(product);
    const answer = await tenant.call('/model/auto/converse', { body: '{' });
    expect([answer.status, answer.error]).toEqual([400, 'ValidationException']);
    expect(answer.message).not.toContain('No label');
  });
});

describe('holds alone', () => {
  /** A quota with room for one such call of Nova Pro, and that call, running. */
  async function busyPremium(): Promise<{ tenant: Tenant; body: string; end: Promise<unknown> }> {
    const tenant = await tenantOf(product, { quotas: { premium: 5_000 } });
    const body = converseBody('Hello', 1_000);
    const end = tenant.call('/model/premium/converse', { body, fault: 'slow;ms=900' });
    await eventually(async () => {
      const { held } = await tenant.quota('premium');
      return held === '0' ? undefined : held;
    });
    return { tenant, body, end };
  }

  test('are waited for first; then the next label serves, and the sticky one stays', async () => {
    const { tenant, body, end } = await busyPremium();
    const answer = await tenant.call('/model/auto/converse', { body });
    expect(told(answer)).toEqual(['standard', LITE, 'HELD_PREMIUM']);
    await end;
    expect(told(await tenant.call('/model/auto/converse'))).toEqual(['premium', PRO, null]);
  });

  test('on the last label are told as what may pass, with when to try again', async () => {
    const tenant = await tenantOf(product, { ordering: ['premium'], quotas: { premium: 5_000 } });
    const body = converseBody('Hello', 1_000);
    const end = tenant.call('/model/premium/converse', { body, fault: 'slow;ms=900' });
    await eventually(async () => ((await tenant.quota('premium')).held === '0' ? undefined : true));
    const answer = await tenant.call('/model/auto/converse', { body });
    expect([answer.status, answer.error]).toEqual([429, 'ThrottlingException']);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.message).toContain('premium: Running calls hold');
    await end;
  });
});
