/**
 * The cost-keeper API, endpoint by endpoint, over HTTP against the whole product: the shapes in
 * `api-shapes.ts` were written by hand from its contract, and nothing here is taken from the
 * product's own schemas.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import {
  ask,
  at,
  clientIn,
  submission,
  textAt,
  wrongIn,
  type Answered,
  type Asked,
  type Client,
} from './api-caller.ts';
import {
  accepted,
  aggregate,
  applicationCreated,
  error,
  HEALTHY,
  is,
  LABELS,
  organizationCreated,
  organizationUpdated,
  profileRegistered,
  QUOTAS,
  quotaExceeded,
  REFRESHED,
  retrieved,
  ROOT,
  rotated,
  selection,
  tokens,
  type Shape,
} from './api-shapes.ts';

const ORG = randomUUID();
const OTHER = randomUUID();
const APP = 'support-bot';
const ORG_PATH = `/api/v1/orgs/${ORG}`;
const APP_PATH = `${ORG_PATH}/apps/${APP}`;
const ORGANIZATION = {
  org_name: 'Acme',
  timezone: 'America/New_York',
  quota_scope: 'ORG',
  model_ordering: LABELS,
  quotas: QUOTAS,
};

let product: RunningProduct;
let key: string;
let orgClient: Client;
let appClient: Client;
let orgToken: string;
let appToken: string;
let otherToken: string;
let refreshToken: string;

beforeAll(async () => {
  product = await startProduct();
  key = product.provisioningKey;
});
afterAll(() => product.close());

function to(asked: Asked): Promise<Answered> {
  return ask(product.endpoint, asked);
}

async function expectAnswer(asked: Asked, status: number, shape?: Shape): Promise<Answered> {
  const answer = await to(asked);
  expect(wrongIn(answer, status, shape)).toEqual([]);
  return answer;
}

function localDay(at = new Date()): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(at);
}

function token(client: Client): Asked {
  return {
    method: 'POST',
    path: '/auth/token',
    json: { ...client, grant_type: 'client_credentials' },
  };
}

describe('public', () => {
  test('the health of the service', async () => {
    const { headers } = await expectAnswer({ path: '/health' }, 200, HEALTHY);
    expect(headers.get('x-ratelimit-limit')).toBeNull();
  });
  test('the root tells what the service is', () => expectAnswer({ path: '/' }, 200, ROOT));
});

describe('provisioning', () => {
  test('an organization is created with credentials of its own', async () => {
    const asked = { method: 'PUT', path: ORG_PATH, key, json: ORGANIZATION } as const;
    const answer = await expectAnswer(asked, 201, organizationCreated(ORG));
    orgClient = clientIn(answer);
    for (const name of ['limit', 'remaining', 'reset', 'clientid']) {
      expect(answer.headers.get(`x-ratelimit-${name}`), name).not.toBeNull();
    }
  });
  test('the same again updates it and shows no secret', () =>
    expectAnswer(
      { method: 'PUT', path: ORG_PATH, key, json: ORGANIZATION },
      200,
      organizationUpdated(ORG),
    ));
  test('an application inherits what it does not state', async () => {
    const asked = { method: 'PUT', path: APP_PATH, key, json: { app_name: 'Support' } } as const;
    const answer = await expectAnswer(asked, 201, applicationCreated(ORG, APP));
    appClient = clientIn(answer);
  });
  test.each([
    ['without a key', { key: '' }, 401, 'UNAUTHORIZED'],
    ['with a wrong key', { key: 'nonsense' }, 401, 'UNAUTHORIZED'],
    ['without a time zone', { json: { ...ORGANIZATION, timezone: undefined } }, 400, null],
    ['in no time zone', { json: { ...ORGANIZATION, timezone: 'Mars/Olympus' } }, 400, null],
    ['without quotas', { json: { ...ORGANIZATION, quotas: undefined } }, 400, null],
    ['with an empty ordering', { json: { ...ORGANIZATION, model_ordering: [] } }, 400, null],
    ['with a quota too few', { json: { ...ORGANIZATION, quotas: { premium: 1 } } }, 400, null],
    ['with a threshold of 49', { json: override('tight_mode_threshold_pct', 49) }, 400, null],
    ['with a threshold of 101', { json: override('tight_mode_threshold_pct', 101) }, 400, null],
    ['with nine shards', { json: override('agg_shard_count', 9) }, 400, null],
    ['with other shards', { json: override('agg_shard_count', 16) }, 400, null],
    ['in no UUID', { path: '/api/v1/orgs/acme' }, 400, 'INVALID_REQUEST'],
    ['with no JSON', { json: undefined, raw: '{"org_name": ' }, 400, 'INVALID_REQUEST'],
  ] as const)('an organization %s is refused', async (_, change, status, code) => {
    const asked = { method: 'PUT', path: ORG_PATH, key, json: ORGANIZATION, ...change } as Asked;
    const answer = await expectAnswer(asked, status, code === null ? undefined : error(code));
    expect(['INVALID_REQUEST', 'INVALID_CONFIG', 'UNAUTHORIZED']).toContain(at(answer, 'error'));
  });
  test('labels that nobody knows are named, with those that are known', async () => {
    const json = {
      ...ORGANIZATION,
      model_ordering: ['premium', 'gold'],
      quotas: { premium: 1, gold: 1 },
    };
    const answer = await expectAnswer({ method: 'PUT', path: ORG_PATH, key, json }, 400);
    expect(['INVALID_CONFIG', 'INVALID_MODEL_LABEL']).toContain(at(answer, 'error'));
    expect(at(answer, 'details')).toMatchObject({ invalid_labels: ['gold'] });
    expect(at(answer, 'details.valid_labels')).toEqual(expect.arrayContaining(LABELS));
  });
  test('an application of no organization is not found', () =>
    expectAnswer(
      { method: 'PUT', path: `/api/v1/orgs/${OTHER}/apps/x`, key, json: { app_name: 'X' } },
      404,
      error('NOT_FOUND'),
    ));
});

describe('tokens', () => {
  test('an organization gets tokens for itself', async () => {
    const answer = await expectAnswer(token(orgClient), 200, tokens(ORG, null));
    orgToken = textAt(answer, 'access_token');
    expect(claimsOf(orgToken)).toMatchObject({
      sub: `org-${ORG}`,
      org_id: ORG,
      app_id: null,
      token_type: 'access',
    });
  });
  test('an application gets tokens, by JSON, by form and by HTTP Basic', async () => {
    const answer = await expectAnswer(token(appClient), 200, tokens(ORG, APP));
    appToken = textAt(answer, 'access_token');
    refreshToken = textAt(answer, 'refresh_token');
    const claims = claimsOf(appToken);
    expect(claims).toMatchObject({ sub: `org-${ORG}-app-${APP}`, org_id: ORG, app_id: APP });
    expect([...(claims['scope'] as string[])].toSorted()).toEqual([
      'read:aggregates',
      'read:model-selection',
      'write:costs',
    ]);
    expect(claims).toHaveProperty('iss');
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(3600);
    const grant = { grant_type: 'client_credentials' };
    const form = { ...grant, ...appClient };
    await expectAnswer({ method: 'POST', path: '/auth/token', form }, 200, tokens(ORG, APP));
    const { client_id, client_secret } = appClient;
    const pair = [client_id, client_secret].map(encodeURIComponent).join(':');
    const headers = { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
    const basic = { method: 'POST', path: '/auth/token', form: grant, headers } as const;
    await expectAnswer(basic, 200, tokens(ORG, APP));
  });
  test('a refresh token gives further access tokens, more than once', async () => {
    const json = { refresh_token: refreshToken, grant_type: 'refresh_token' };
    const asked = { method: 'POST', path: '/auth/refresh', json } as const;
    await expectAnswer(asked, 200, REFRESHED);
    const again = await expectAnswer(asked, 200, REFRESHED);
    expect(claimsOf(textAt(again, 'access_token'))).toMatchObject({ org_id: ORG, app_id: APP });
  });
  test.each([
    ['a wrong secret', () => ({ ...appClient, client_secret: 'x'.repeat(43) }), 401],
    ['an unknown client', () => ({ client_id: 'org-none', client_secret: 'x'.repeat(43) }), 401],
    ['no secret', () => ({ client_id: appClient.client_id }), 400],
    ['another grant', () => ({ ...appClient, grant_type: 'password' }), 400],
  ] as const)('%s gets none', async (_, change, status) => {
    const json = { grant_type: 'client_credentials', ...change() };
    const code = status === 401 ? 'UNAUTHORIZED' : 'INVALID_REQUEST';
    const answer = await expectAnswer(
      { method: 'POST', path: '/auth/token', json },
      status,
      error(code),
    );
    expect(answer.text).not.toContain('xxxx');
  });
  test('an access token is no refresh token, nor the other way round', async () => {
    const json = { refresh_token: appToken, grant_type: 'refresh_token' };
    await expectAnswer({ method: 'POST', path: '/auth/refresh', json }, 401, error('UNAUTHORIZED'));
    const path = `${APP_PATH}/model-selection`;
    await expectAnswer({ path, bearer: refreshToken }, 401, error('UNAUTHORIZED'));
  });
});

describe('model selection', () => {
  const path = `${APP_PATH}/model-selection`;
  test('the first label is recommended while its quota lasts', async () => {
    const shape = selection(ORG, APP, 'premium', 'NORMAL');
    const answer = await expectAnswer({ path, bearer: appToken }, 200, shape);
    expect(answer.headers.get('cache-control')).toBe('max-age=300, private');
    expect(at(answer, 'pricing')).toMatchObject({
      input_price_usd_micros_per_1m: 800_000,
      output_price_usd_micros_per_1m: 3_200_000,
    });
    expect(at(answer, 'recommended_model.bedrock_model_id')).toBe('amazon.nova-pro-v1:0');
    expect(at(answer, 'org_day')).toBe(localDay().replaceAll('-', ''));
    const etag = answer.headers.get('etag') ?? '';
    const again = await to({ path, bearer: appToken, headers: { 'if-none-match': etag } });
    expect([again.status, again.text]).toEqual([304, '']);
  });
  test("an organization's client asks for any of its applications", async () => {
    await expectAnswer({ path: `${path}?force_check=true`, bearer: orgToken }, 200);
    const free = `${ORG_PATH}/apps/never-registered/model-selection`;
    await expectAnswer({ path: free, bearer: orgToken }, 200);
    await expectAnswer({ path: free, bearer: appToken }, 404, error('NOT_FOUND'));
  });
  test('the rates of a client are told', async () => {
    const { headers } = await to({ path, bearer: appToken });
    expect(headers.get('x-ratelimit-limit')).toBe('120');
    expect(Number(headers.get('x-ratelimit-remaining'))).toBeLessThan(120);
    expect(headers.get('x-ratelimit-clientid')).toBe(appClient.client_id);
    expect(Number(headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000 - 1);
  });
  test.each([
    ['without a token', {}, 401, 'UNAUTHORIZED'],
    ['with a word that is no token', { bearer: 'nonsense' }, 401, 'UNAUTHORIZED'],
    ['with the provisioning key', { key: 'it' }, 401, 'UNAUTHORIZED'],
  ] as const)('nobody is advised %s', async (_, change, status, code) => {
    await expectAnswer(
      { path, ...change, ...('key' in change ? { key } : {}) },
      status,
      error(code),
    );
  });
});

describe('usage', () => {
  const path = `${APP_PATH}/usage`;
  const post = (json: unknown, bearer = appToken): Asked => ({
    method: 'POST',
    path,
    bearer,
    json,
  });

  test.each([
    ['premium', 'amazon.nova-pro-v1:0', 1500, 800, 3760],
    ['standard', 'amazon.nova-2-lite-v1:0', 10_000, 2_000, 8800],
    ['economy', 'amazon.nova-micro-v1:0', 5_000, 1_000, 315],
    ['premium', 'amazon.nova-pro-v1:0', 1, 1, 4],
    ['economy', 'amazon.nova-micro-v1:0', 1, 1, 0],
  ])('%s: %s, %i in and %i out cost %i micro-USD', async (label, model, input, output, micros) => {
    const json = submission({
      model_label: label,
      bedrock_model_id: model,
      input_tokens: input,
      output_tokens: output,
    });
    await expectAnswer(post(json), 202, accepted(json.request_id, micros));
  });
  test('the same again changes nothing; with other tokens it is a conflict', async () => {
    const json = submission();
    const before = await expectAnswer(post(json), 202, accepted(json.request_id, 3760));
    const after = await expectAnswer(post(json), 202, accepted(json.request_id, 3760));
    expect(at(after, 'processing.shard_id')).toBe(at(before, 'processing.shard_id'));
    await expectAnswer(post({ ...json, input_tokens: 1501 }), 409, error('ALREADY_EXISTS'));
  });
  test.each([
    ['no request id', { request_id: undefined }, 'INVALID_REQUEST'],
    ['a request id that is no UUID', { request_id: 'one' }, 'INVALID_REQUEST'],
    ['negative counts', { input_tokens: -1 }, 'INVALID_REQUEST'],
    ['no counts', { output_tokens: undefined }, 'INVALID_REQUEST'],
    ['another status', { status: 'MAYBE' }, 'INVALID_REQUEST'],
    ['a region that is none', { calling_region: 'the moon' }, 'INVALID_REQUEST'],
    ['a label outside the ordering', { model_label: 'ultra_premium' }, 'INVALID_CONFIG'],
    ['an unknown label', { model_label: 'gold' }, 'INVALID_CONFIG'],
    ['a time to come', { timestamp: moment(3_600_000 * 2) }, 'INVALID_REQUEST'],
    ['a time long ago', { timestamp: moment(-3_600_000 * 72) }, 'INVALID_REQUEST'],
  ] as const)('%s is refused', async (_, change, code) => {
    const answer = await expectAnswer(post(submission(change)), 400, error(code));
    if (code === 'INVALID_CONFIG') {
      expect(JSON.stringify(at(answer, 'details'))).toContain('"premium"');
    }
  });
  test('a cost that the client names is not looked at', async () => {
    const json = submission({ cost_usd_micros: 1 });
    await expectAnswer(post(json), 202, accepted(json.request_id, 3760));
  });
  test('a batch is taken item by item', async () => {
    const good = submission();
    const bad = submission({ model_label: 'gold' });
    const asked = { ...post({ requests: [good, bad] }), path: `${path}/batch` };
    const answer = await expectAnswer(asked, 207, { accepted: is(1), failed: is(1) });
    expect(at(answer, 'results')).toMatchObject([
      { request_id: good.request_id, status: 'accepted' },
      { request_id: bad.request_id, status: 'failed', error: 'INVALID_CONFIG' },
    ]);
  });
  test.each([0, 101])('a batch of %i is refused', async (length) => {
    await expectAnswer(
      {
        ...post({ requests: Array.from({ length }, () => submission()) }),
        path: `${path}/batch`,
      },
      400,
      error('INVALID_REQUEST'),
    );
  });
  test('an inference profile gets a label of its own', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefgh1234';
    const json = { profile_label: 'batch-jobs', inference_profile_arn: arn };
    const asked = { method: 'POST', path: `${APP_PATH}/inference-profiles`, bearer: appToken };
    await expectAnswer({ ...asked, json } as Asked, 201, profileRegistered('batch-jobs', arn));
    for (const wrong of [
      { ...json, profile_label: 'premium' },
      { ...json, profile_label: 'x'.repeat(51) },
      { ...json, inference_profile_arn: 'arn:aws:s3:::bucket' },
    ]) {
      const answer = await to({ ...asked, json: wrong } as Asked);
      expect([400, 409]).toContain(answer.status);
    }
    const without = submission({ model_label: 'batch-jobs', bedrock_model_id: arn });
    await expectAnswer(post(without), 400, error('INVALID_REQUEST'));
  });
});

describe('aggregates', () => {
  test('what was used today, by label', async () => {
    const paths = [`${APP_PATH}/aggregates/today`, `${ORG_PATH}/aggregates/${localDay()}`];
    for (const [index, path] of paths.entries()) {
      const shape = aggregate(ORG, index === 0 ? APP : undefined, localDay());
      const answer = await expectAnswer({ path, bearer: appToken }, 200, shape);
      expect(answer.headers.get('cache-control')).toBe('max-age=30, private');
      expect(answer.headers.get('x-data-lag-secs')).toMatch(/^\d+$/);
      expect(at(answer, 'models.standard')).toMatchObject({
        cost_usd_micros: 8800,
        requests: 1,
        input_tokens: 10_000,
        output_tokens: 2_000,
        average_cost_per_request: 8800,
        quota_usd_micros: 5_000_000,
      });
      const etag = answer.headers.get('etag') ?? '';
      const again = await to({ path, bearer: appToken, headers: { 'if-none-match': etag } });
      expect(again.status).toBe(304);
    }
  });
  test.each([
    ['2026-13-40', 400, 'INVALID_REQUEST'],
    ['yesterday', 400, 'INVALID_REQUEST'],
    ['2999-01-01', 400, 'INVALID_REQUEST'],
    ['2020-01-01', 404, 'NOT_FOUND'],
  ] as const)('the day %s is answered with %i', async (day, status, code) => {
    await expectAnswer(
      { path: `${APP_PATH}/aggregates/${day}`, bearer: appToken },
      status,
      error(code),
    );
  });
});

describe('quotas', () => {
  const spend = async (label: string, model: string, tokens: number): Promise<void> => {
    const json = submission({
      model_label: label,
      bedrock_model_id: model,
      input_tokens: tokens,
      output_tokens: 0,
    });
    await expectAnswer({ method: 'POST', path: `${APP_PATH}/usage`, bearer: appToken, json }, 202);
  };
  const path = `${APP_PATH}/model-selection`;

  test('near its end a quota is checked more often', async () => {
    await spend('premium', 'amazon.nova-pro-v1:0', 12_000_000);
    const answer = await expectAnswer({ path, bearer: appToken }, 200, {
      client_guidance: { check_frequency: is('PERIODIC_60S'), cache_duration_secs: is(60) },
      quota_status: { mode: is('TIGHT'), current_model: is('premium') },
    });
    expect(answer.headers.get('cache-control')).toBe('max-age=60, private');
    expect(at(answer, 'quota_status.models_status.premium.status')).toBe('TIGHT');
  });
  test('a spent quota makes the next label active, and it stays', async () => {
    await spend('premium', 'amazon.nova-pro-v1:0', 1_000_000);
    const first = await expectAnswer({ path, bearer: appToken }, 200, {
      recommended_model: { label: is('standard'), reason: is('QUOTA_EXCEEDED_PREMIUM') },
      quota_status: { models_status: { premium: { status: is('EXCEEDED') } } },
    });
    expect(at(first, 'quota_status.sticky_fallback_active')).toBe(true);
    const shape = selection(ORG, APP, 'standard', 'STICKY_FALLBACK');
    await expectAnswer({ path, bearer: appToken }, 200, shape);
  });
  test('when all quotas are spent nothing is recommended', async () => {
    await spend('standard', 'amazon.nova-2-lite-v1:0', 20_000_000);
    await spend('economy', 'amazon.nova-micro-v1:0', 60_000_000);
    const answer = await expectAnswer({ path, bearer: appToken }, 429, quotaExceeded(ORG, APP));
    const reset = new Date(textAt(answer, 'retry_after'));
    expect(localDay(reset)).not.toBe(localDay());
    expect(localDay(new Date(reset.getTime() - 1))).toBe(localDay());
  });
});

describe('rotation and the end of tokens', () => {
  test.each([
    ['organization', undefined],
    ['application', APP],
  ] as const)('a secret of an %s is rotated; the old one goes on for its grace', async (_, app) => {
    const path = `${app === undefined ? ORG_PATH : APP_PATH}/credentials`;
    const asked = { method: 'POST', path: `${path}/rotate`, key } as const;
    const answer = await expectAnswer(
      { ...asked, json: { grace_period_hours: 1 } },
      200,
      rotated(ORG, app, 1),
    );
    const retrieval = textAt(answer, 'secret_retrieval.token');
    const url = `${path}/secret?token=${encodeURIComponent(retrieval)}`;
    const secret = await expectAnswer(
      { path: url, key },
      200,
      retrieved(`org-${ORG}${app === undefined ? '' : `-app-${app}`}`),
    );
    expect(textAt(secret, 'client_secret')).toBe(textAt(answer, 'client_secret'));
    await expectAnswer({ path: url, key }, 404, error('NOT_FOUND'));
    await expectAnswer({ path: `${path}/secret?token=nonsense`, key }, 401, error('UNAUTHORIZED'));
    await expectAnswer({ path: url }, 401, error('UNAUTHORIZED'));
    const client = app === undefined ? orgClient : appClient;
    await expectAnswer(token(client), 200);
    await expectAnswer(token({ ...client, client_secret: textAt(answer, 'client_secret') }), 200);
  });
  test.each([-1, 169, 1.5])('a grace of %d hours is refused', async (hours) => {
    await expectAnswer(
      {
        method: 'POST',
        path: `${APP_PATH}/credentials/rotate`,
        key,
        json: { grace_period_hours: hours },
      },
      400,
      error('INVALID_REQUEST'),
    );
  });
  test('another client cannot revoke a token', async () => {
    const path = `/api/v1/orgs/${OTHER}`;
    const made = await expectAnswer({ method: 'PUT', path, key, json: ORGANIZATION }, 201);
    const answer = await expectAnswer(token(clientIn(made)), 200);
    otherToken = textAt(answer, 'access_token');
    await expectAnswer(
      { method: 'POST', path: '/auth/revoke', bearer: otherToken, json: { token: appToken } },
      401,
      error('UNAUTHORIZED'),
    );
    await expectAnswer({ path: `${APP_PATH}/aggregates/today`, bearer: appToken }, 200);
  });
  test('what belongs to another organization does not exist', async () => {
    const path = `${APP_PATH}/aggregates/today`;
    await expectAnswer({ path, bearer: otherToken }, 404, error('NOT_FOUND'));
    const nobody = `/api/v1/orgs/${randomUUID()}/aggregates/today`;
    await expectAnswer({ path: nobody, bearer: otherToken }, 404, error('NOT_FOUND'));
  });
  test('a revoked refresh token ends the access tokens that came from it', async () => {
    const revoke = { method: 'POST', path: '/auth/revoke', bearer: appToken } as const;
    const json = { token: refreshToken, token_type_hint: 'refresh_token' };
    const { text } = await expectAnswer({ ...revoke, json }, 204);
    expect(text).toBe('');
    const path = `${APP_PATH}/aggregates/today`;
    await expectAnswer({ path, bearer: appToken }, 401, error('UNAUTHORIZED'));
    await expectAnswer({ ...revoke, json }, 401, error('UNAUTHORIZED'));
    const again = { refresh_token: refreshToken, grant_type: 'refresh_token' };
    await expectAnswer(
      { method: 'POST', path: '/auth/refresh', json: again },
      401,
      error('UNAUTHORIZED'),
    );
  });
  test('the configuration that counts is shown', async () => {
    const { text } = await expectAnswer({ path: `${ORG_PATH}/config`, key }, 200);
    for (const word of ['America/New_York', 'premium', '95']) expect(text).toContain(word);
  });
});

test('after as many token requests as its rate, a client has to wait', async () => {
  const asked = token({ client_id: `org-${randomUUID()}`, client_secret: 'y'.repeat(43) });
  let answer = await to(asked);
  for (let i = 0; i < 10 && answer.status === 401; i += 1) answer = await to(asked);
  expect(wrongIn(answer, 429, error('RATE_LIMIT_EXCEEDED'))).toEqual([]);
  expect(Number.isInteger(at(answer, 'retry_after'))).toBe(true);
});

function override(member: string, value: number): object {
  return { ...ORGANIZATION, overrides: { [member]: value } };
}

function moment(offsetMs: number): string {
  return new Date(Date.now() + offsetMs).toISOString();
}

function claimsOf(jwt: string): Record<string, unknown> {
  const [, payload = ''] = jwt.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}
