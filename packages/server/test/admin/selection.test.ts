/** Model selection over HTTP: every member of the answer, its headers, and what is refused. */
import { resultProblems } from '@tollkeeper/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anEntry, recordEntry, startControlPlane, type ControlPlane } from './control-plane.ts';

const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
const APP = 'web';
const ORGANIZATION = {
  org_name: 'Acme',
  timezone: 'America/New_York',
  quota_scope: 'ORG' as const,
  model_ordering: ['premium', 'standard', 'economy'],
  quotas: { premium: 10_000_000, standard: 5_000_000, economy: 2_000_000 },
};
const params = { org_id: ORG, app_id: APP };

let plane: ControlPlane;
let token: string;
beforeEach(async () => {
  plane = await startControlPlane();
  const made = await plane.client.putOrganization({ params, body: ORGANIZATION });
  await plane.client.putApplication({ params, body: { app_name: 'Web' } });
  token = await tokenOf(made.credentials);
});
afterEach(() => plane.close());

async function tokenOf(credentials: object | undefined): Promise<string> {
  const response = await fetch(`${plane.endpoint}/auth/token`, {
    method: 'POST',
    body: JSON.stringify({ ...credentials, grant_type: 'client_credentials' }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

interface Selected {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

async function select(app = APP, headers: Record<string, string> = {}): Promise<Selected> {
  const url = `${plane.endpoint}/api/v1/orgs/${ORG}/apps/${app}/model-selection`;
  const authorization = `Bearer ${token}`;
  const response = await fetch(url, { headers: { authorization, ...headers } });
  const text = await response.text();
  const body = (text === '' ? {} : JSON.parse(text)) as Selected['body'];
  return { status: response.status, headers: response.headers, body };
}

let entries = 0;
async function spend(label: string, usd: number): Promise<void> {
  const entry_id = `spent-${(entries += 1)}`;
  const cost = BigInt(Math.round(usd * 1_000_000)) * 1_000_000n;
  await recordEntry(plane, anEntry({ entry_id, org_id: ORG, app_id: APP, label, cost }));
}

describe('the forecast', () => {
  const exhaustsAt = ({ body }: Selected): unknown =>
    (body['quota_status'] as Record<string, unknown>)['exhausts_at'];

  it('says when the quota will be spent at the rate of the last hour', async () => {
    expect(exhaustsAt(await select())).toBeNull();
    await spend('premium', 8);
    plane.clock.advance(1_800_000);
    // 2 USD are left at 8 USD an hour: 15:03 and a quarter of an hour.
    const first = await select();
    expect(exhaustsAt(first)).toBe('2026-11-22T15:18:00.000Z');
    // It moves on with the clock, and that alone makes no new answer.
    plane.clock.advance(1_000);
    const next = await select();
    expect(exhaustsAt(next)).toBe('2026-11-22T15:18:01.000Z');
    expect(next.headers.get('etag')).toBe(first.headers.get('etag'));
  });

  it('says nothing when the day ends first', async () => {
    await spend('premium', 0.1);
    plane.clock.advance(60_000);
    expect(exhaustsAt(await select())).toBeNull();
  });
});

describe('an answer', () => {
  it('has every member that the contract names', async () => {
    await spend('premium', 2.5);
    const { status, headers, body } = await select();
    expect(status).toBe(200);
    expect(body).toEqual({
      org_id: ORG,
      app_id: APP,
      recommended_model: {
        label: 'premium',
        bedrock_model_id: 'amazon.nova-pro-v1:0',
        reason: 'NORMAL',
        description: 'Amazon Nova Pro: most capable',
      },
      // Beside these there is a forecast, which is tested elsewhere.
      quota_status: expect.objectContaining({
        scope: 'ORG',
        mode: 'NORMAL',
        current_model: 'premium',
        spend_usd_micros: 2_500_000,
        quota_usd_micros: 10_000_000,
        quota_pct: 25,
        sticky_fallback_active: false,
        models_status: {
          premium: status25(),
          standard: nothingOf(5_000_000),
          economy: nothingOf(2_000_000),
        },
      }) as object,
      pricing: {
        input_price_usd_micros_per_1m: 800_000,
        output_price_usd_micros_per_1m: 3_200_000,
        version: 'config-fallback',
        source: 'CONFIG_FALLBACK',
      },
      client_guidance: {
        check_frequency: 'PERIODIC_300S',
        cache_duration_secs: 300,
        explanation: 'NORMAL mode: ask again every 300 seconds.',
      },
      checked_at: '2026-11-22T14:33:00.000Z',
      org_day: '20261122',
      org_local_time: '2026-11-22T09:33:00-05:00',
    });
    expect(resultProblems('selectModel', body)).toEqual([]);
    expect(headers.get('cache-control')).toBe('max-age=300, private');
  });

  function status25() {
    const figures = { spend_usd_micros: 2_500_000, quota_usd_micros: 10_000_000, quota_pct: 25 };
    return { ...figures, status: 'NORMAL' };
  }
  function nothingOf(quota_usd_micros: number) {
    return { spend_usd_micros: 0, quota_usd_micros, quota_pct: 0, status: 'NORMAL' };
  }

  it('is asked for more often from the threshold on', async () => {
    await spend('premium', 9.5);
    const { headers, body } = await select();
    expect(body).toMatchObject({
      recommended_model: { label: 'premium', reason: 'NORMAL' },
      quota_status: {
        mode: 'TIGHT',
        quota_pct: 95,
        models_status: { premium: { status: 'TIGHT' } },
      },
      client_guidance: { check_frequency: 'PERIODIC_60S', cache_duration_secs: 60 },
    });
    expect(headers.get('cache-control')).toBe('max-age=60, private');
  });

  it('goes by the intervals and the threshold that the application states', async () => {
    const overrides = { tight_mode_threshold_pct: 50, refresh_interval_secs: 15 };
    await plane.client.putApplication({ params, body: { app_name: 'Web', overrides } });
    await spend('premium', 5);
    const { headers, body } = await select();
    expect(body).toMatchObject({ client_guidance: { check_frequency: 'PERIODIC_15S' } });
    expect(headers.get('cache-control')).toBe('max-age=15, private');
  });

  it('names the next label once less than a hundredth is left of a quota', async () => {
    await spend('premium', 9.91);
    const { body } = await select();
    expect(body).toMatchObject({
      recommended_model: { label: 'standard', reason: 'QUOTA_EXCEEDED_PREMIUM' },
      quota_status: {
        current_model: 'standard',
        sticky_fallback_active: true,
        models_status: { premium: { quota_pct: 99.1, status: 'TIGHT' } },
      },
    });
    expect((await select()).body).toMatchObject({
      recommended_model: { label: 'standard', reason: 'STICKY_FALLBACK' },
    });
  });

  it('keeps to the label it fell back to, unless that was switched off', async () => {
    await spend('premium', 10);
    await select();
    const quotas = { ...ORGANIZATION.quotas, premium: 20_000_000 };
    await plane.client.putOrganization({ params, body: { ...ORGANIZATION, quotas } });
    const sticky = await select();
    expect(sticky.body).toMatchObject({ recommended_model: { label: 'standard' } });
    const overrides = { sticky_fallback_enabled: false };
    await plane.client.putOrganization({ params, body: { ...ORGANIZATION, quotas, overrides } });
    expect((await select()).body).toMatchObject({
      recommended_model: { label: 'premium', reason: 'NORMAL' },
      quota_status: { sticky_fallback_active: false },
    });
  });
});

describe('entity tags', () => {
  it('stay while nothing changes but the time, and the answer is 304 then', async () => {
    const { headers } = await select();
    const etag = headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/".{20,}"$/);
    plane.clock.advance(60_000);
    const again = await select(APP, { 'if-none-match': etag });
    expect([again.status, again.headers.get('etag'), again.body]).toEqual([304, etag, {}]);
    expect(again.headers.get('cache-control')).toBe('max-age=300, private');
  });

  it('change with what was spent, and with the day', async () => {
    const { headers } = await select();
    const etag = headers.get('etag') ?? '';
    await spend('economy', 0.000001);
    const spent = await select(APP, { 'if-none-match': etag });
    expect(spent.status).toBe(200);
    plane.clock.advance(30 * 60_000);
    expect((await select(APP, { 'if-none-match': spent.headers.get('etag') ?? '' })).status).toBe(
      304,
    );
  });
});

describe('when every quota is spent', () => {
  beforeEach(async () => {
    await spend('premium', 10.25);
    await spend('standard', 5);
    await spend('economy', 2.5);
  });

  it('says until when, by how much, and recommends nothing', async () => {
    const { status, headers, body } = await select();
    expect(status).toBe(429);
    expect(body).toEqual({
      error: 'QUOTA_EXCEEDED',
      message: 'All model quotas are spent for today.',
      details: {
        org_id: ORG,
        app_id: APP,
        date: '2026-11-22',
        models: {
          premium: { quota_pct: 102.5, exceeded: true },
          standard: { quota_pct: 100, exceeded: true },
          economy: { quota_pct: 125, exceeded: true },
        },
        total_overage_usd_micros: 750_000,
      },
      // Midnight in New York.
      retry_after: '2026-11-23T05:00:00.000Z',
      timestamp: '2026-11-22T14:33:00.000Z',
      request_id: expect.any(String) as string,
    });
    expect(headers.get('retry-after')).toBe(String((14 * 60 + 27) * 60));
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('recommends the first label again from local midnight on', async () => {
    await select();
    plane.clock.advance((14 * 60 + 27) * 60_000);
    token = await tokenOf(
      (await plane.client.putOrganization({ params, body: ORGANIZATION })).credentials ??
        (await rotated()),
    );
    expect((await select()).body).toMatchObject({
      recommended_model: { label: 'premium', reason: 'NORMAL' },
      org_day: '20261123',
    });
  });

  async function rotated(): Promise<object> {
    const { client_id, client_secret } = await plane.client.rotateOrganizationSecret({
      params,
      body: {},
    });
    return { client_id, client_secret };
  }
});

describe('applications', () => {
  it("that nobody registered are advised for the organization's own client", async () => {
    expect((await select('free')).body).toMatchObject({
      app_id: 'free',
      recommended_model: { label: 'premium' },
    });
  });

  it('have quotas and a sticky label of their own under the scope APP', async () => {
    const quota_scope = 'APP' as const;
    await plane.client.putOrganization({ params, body: { ...ORGANIZATION, quota_scope } });
    const other = { org_id: ORG, app_id: 'batch' };
    await plane.client.putApplication({ params: other, body: { app_name: 'Batch' } });
    await spend('premium', 10);
    expect((await select()).body).toMatchObject({
      recommended_model: { label: 'standard' },
      quota_status: { scope: 'APP' },
    });
    expect((await select('batch')).body).toMatchObject({
      recommended_model: { label: 'premium' },
      quota_status: { spend_usd_micros: 0 },
    });
  });

  it('without labels are told that there are none', async () => {
    await plane.client.putOrganization({ params, body: {} });
    expect(await select()).toMatchObject({ status: 400, body: { error: 'INVALID_CONFIG' } });
  });
});
