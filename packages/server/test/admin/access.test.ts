/** Who may do what, for every operation of the contract and every kind of visitor. */
import {
  OPERATION_NAMES,
  operation,
  resultProblems,
  type OperationName,
} from '@tollkeeper/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { narrow, seesBudget, type Who, type Whose } from '../../src/admin/access.ts';
import type { RerateRecord } from '../../src/jobs/rerate.ts';
import type { Budget, BudgetScope, Principal, Scope } from '@tollkeeper/core';
import { DAILY_COSTS, IN_THE_ACCOUNT } from './access-rows.ts';
import { makeTenant, startControlPlane, type ControlPlane, type Tenant } from './control-plane.ts';

let plane: ControlPlane;
let ours: Tenant;
let theirs: Tenant;
let importId: string;
const rerateId = '01936b5e-0000-7000-8000-00000000000e';

const IMPORTED = {
  model_id: 'a.b',
  region: 'us-east-1',
  scope: 'in_region',
  tier: 'standard',
  usage_class: 'input',
  context_band: 'all',
  effective_from: '2026-01-01',
  usd: '1',
  per: 1_000_000,
} as const;
let accessKey: string;
let retrieval: { readonly org: string; readonly app: string };
let tokens: { readonly ours: string; readonly theirs: string };

beforeEach(async () => {
  plane = await startControlPlane();
  ours = await plane.tenant();
  accessKey = (await plane.client.createAccessKey({ params: ours, body: {} })).key_id;
  theirs = await plane.tenant();
  const { org_id } = ours;
  await plane.client.putOrganization({
    params: { org_id },
    body: { ...QUOTAS, model_ordering: ['premium'] },
  });
  await plane.client.putWebhook({
    params: { org_id, webhook_id: 'h' },
    body: { url: 'https://receiver.invalid/hook' },
  });
  tokens = { ours: await tokenOf(ours), theirs: await tokenOf(theirs) };
  const ofOrg = await plane.client.rotateOrganizationSecret({ params: { org_id }, body: {} });
  const ofApp = await plane.client.rotateApplicationSecret({ params: ours, body: {} });
  retrieval = { org: ofOrg.secret_retrieval.token, app: ofApp.secret_retrieval.token };
  await plane.client.putBudget({ params: { budget_id: 'b' }, body: budgetBody(org_id) });
  await plane.client.putGrant({
    params: { org_id, grant_id: 'g' },
    body: { kind: 'model', value: 'm' },
  });
  await plane.client.putPriceLayer({
    params: { layer_id: 'l' },
    body: { kind: 'discount', percent: '1' },
  });
  importId = (await plane.client.beginPriceImport({ body: {} })).import_id;
  await plane.client.appendPriceImport({
    params: { import_id: importId, piece: '0' },
    body: { rows: [IMPORTED] },
  });
  await plane.catalog.put({ kind: 'rerate', id: rerateId, parent: '', value: RERATE });
});
afterEach(() => plane.close());

const QUOTAS = {
  org_name: 'Example',
  timezone: 'UTC',
  quota_scope: 'ORG',
  model_ordering: ['premium'],
  quotas: { premium: 1_000_000 },
} as const;

const SUBMISSION = {
  request_id: '3f2c1b0a-1111-4222-8333-123456789abc',
  model_label: 'premium',
  bedrock_model_id: 'amazon.nova-pro-v1:0',
  input_tokens: 1,
  output_tokens: 1,
  status: 'OK',
  timestamp: '2026-11-22T14:33:00Z',
};

/** An access token of the organization's own client. */
async function tokenOf({ org_id }: Tenant): Promise<string> {
  const rotated = await plane.client.rotateOrganizationSecret({ params: { org_id }, body: {} });
  const { client_id, client_secret } = rotated;
  const body = { client_id, client_secret, grant_type: 'client_credentials' };
  return (await plane.client.issueToken({ body })).access_token;
}

const RERATE: RerateRecord = {
  rerate_id: rerateId,
  status: 'running',
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-12-01T00:00:00.000Z',
  org_id: null,
  price_version: 'prices-1',
  dry_run: false,
  total_entries: 0,
  scanned_entries: 0,
  corrected_entries: 0,
  unknown_entries: 0,
  unpriced_entries: 0,
  groups: [],
  cursor: null,
  error: null,
  created_at: '2026-11-22T14:33:00.000Z',
  ended_at: null,
  instance_id: 'test',
  lease_until: 0,
};

const budgetBody = (org_id: string) => ({
  scope: { type: 'organization' as const, org_id },
  limit: { unit: 'usd' as const, amount: '1' },
  window: 'day' as const,
});

/** What every operation is asked about our tenant; statuses by visitor. */
interface Row {
  readonly path: (ours: Tenant) => string;
  readonly body?: (ours: Tenant) => object;
  readonly provisioning: number;
  readonly own: number;
  readonly other: number;
  readonly nobody: number;
  /** To the organization's own OAuth client; another organization's gets 404. */
  readonly client?: number;
}

const org = (t: Tenant): string => `/api/v1/orgs/${t.org_id}`;
/** What belongs to the installation is nobody's own. */
const operator = { own: 403, other: 403, nobody: 401 };
const admin = { own: 403, other: 404, nobody: 401 };
const reading = { provisioning: 200, own: 200, other: 404, nobody: 401 };
const clients = { provisioning: 401, own: 401, other: 401, nobody: 401 };
const web = (t: Tenant): string => `${org(t)}/apps/web`;
/** What anybody may ask, and is refused for what it says. */
const wrong = { provisioning: 401, own: 401, other: 401, nobody: 401 };
const everybody = { provisioning: 200, own: 200, other: 200, nobody: 200 };

/** Typed by the contract's names: an operation that is not here does not compile. */
const ROWS: { readonly [name in OperationName]: Row } = {
  ...IN_THE_ACCOUNT,
  ...DAILY_COSTS,
  diagnose: { path: () => '/api/v1/diagnosis', provisioning: 200, ...admin, other: 403 },
  listAudit: { path: () => '/api/v1/audit', provisioning: 200, ...admin, other: 403 },
  putOrganization: { path: org, body: () => QUOTAS, provisioning: 200, ...admin },
  getOrganization: { path: org, provisioning: 200, ...admin },
  listOrganizations: { path: () => '/api/v1/orgs', provisioning: 200, ...admin, other: 403 },
  putApplication: {
    path: (t) => `${org(t)}/apps/new`,
    body: () => ({ app_name: 'New' }),
    provisioning: 201,
    ...admin,
  },
  getApplication: { path: (t) => `${org(t)}/apps/web`, provisioning: 200, ...admin },
  listApplications: { path: (t) => `${org(t)}/apps`, provisioning: 200, ...admin },
  createKey: {
    path: (t) => `${org(t)}/apps/web/keys`,
    body: () => ({}),
    provisioning: 201,
    ...admin,
  },
  listKeys: { path: (t) => `${org(t)}/apps/web/keys`, provisioning: 200, ...admin },
  revokeKey: { path: (t) => `/api/v1/keys/${t.key_id}`, provisioning: 204, ...admin },
  createAccessKey: {
    path: (t) => `${org(t)}/apps/web/access-keys`,
    body: () => ({}),
    provisioning: 201,
    ...admin,
  },
  listAccessKeys: { path: (t) => `${org(t)}/apps/web/access-keys`, provisioning: 200, ...admin },
  revokeAccessKey: {
    path: () => `/api/v1/access-keys/${accessKey}`,
    provisioning: 204,
    ...admin,
  },
  issueToken: {
    path: () => '/auth/token',
    body: () => ({ client_id: 'a', client_secret: 'b', grant_type: 'client_credentials' }),
    ...wrong,
  },
  refreshToken: {
    path: () => '/auth/refresh',
    body: () => ({ refresh_token: 'a', grant_type: 'refresh_token' }),
    ...wrong,
  },
  revokeToken: {
    path: () => '/auth/revoke',
    body: () => ({ token: 'a' }),
    ...clients,
    client: 204,
  },
  jwks: { path: () => '/.well-known/jwks.json', ...everybody },
  rotateOrganizationSecret: {
    path: (t) => `${org(t)}/credentials/rotate`,
    body: () => ({}),
    provisioning: 200,
    ...admin,
  },
  rotateApplicationSecret: {
    path: (t) => `${web(t)}/credentials/rotate`,
    body: () => ({}),
    provisioning: 200,
    ...admin,
  },
  getOrganizationSecret: {
    path: (t) => `${org(t)}/credentials/secret?token=${retrieval.org}`,
    provisioning: 200,
    ...admin,
  },
  fetchOrganizationSecret: {
    path: (t) => `${org(t)}/credentials/secret`,
    body: () => ({ token: retrieval.org }),
    provisioning: 200,
    ...admin,
  },
  getApplicationSecret: {
    path: (t) => `${web(t)}/credentials/secret?token=${retrieval.app}`,
    provisioning: 200,
    ...admin,
  },
  fetchApplicationSecret: {
    path: (t) => `${web(t)}/credentials/secret`,
    body: () => ({ token: retrieval.app }),
    provisioning: 200,
    ...admin,
  },
  listSigningKeys: { path: () => '/api/v1/signing-keys', provisioning: 200, ...operator },
  rotateSigningKeys: {
    path: () => '/api/v1/signing-keys/rotate',
    body: () => ({}),
    provisioning: 200,
    ...operator,
  },
  putBudget: {
    path: () => '/api/v1/budgets/b',
    body: (t) => budgetBody(t.org_id),
    provisioning: 200,
    ...admin,
  },
  getBudget: { path: () => '/api/v1/budgets/b', ...reading },
  listBudgets: { path: (t) => `/api/v1/budgets?org_id=${t.org_id}`, ...reading },
  deleteBudget: { path: () => '/api/v1/budgets/b', provisioning: 204, ...admin },
  putWebhook: {
    path: (t) => `${org(t)}/webhooks/h`,
    body: () => ({ url: 'https://receiver.invalid/hook' }),
    provisioning: 200,
    ...admin,
  },
  getWebhook: { path: (t) => `${org(t)}/webhooks/h`, provisioning: 200, ...admin },
  listWebhooks: { path: (t) => `${org(t)}/webhooks`, provisioning: 200, ...admin },
  deleteWebhook: { path: (t) => `${org(t)}/webhooks/h`, provisioning: 204, ...admin },
  rotateWebhookSecret: {
    path: (t) => `${org(t)}/webhooks/h/secret/rotate`,
    body: () => ({}),
    provisioning: 200,
    ...admin,
  },
  testWebhook: {
    path: (t) => `${org(t)}/webhooks/h/test`,
    body: () => ({}),
    provisioning: 200,
    ...admin,
  },
  listWebhookDeliveries: {
    path: (t) => `${org(t)}/webhooks/h/deliveries`,
    provisioning: 200,
    ...admin,
  },
  getEffectiveConfig: {
    path: (t) => `${org(t)}/config`,
    ...clients,
    provisioning: 200,
    client: 200,
  },
  getEffectiveApplicationConfig: {
    path: (t) => `${web(t)}/config`,
    ...clients,
    provisioning: 200,
    client: 200,
  },
  selectModel: { path: (t) => `${web(t)}/model-selection`, ...clients, client: 200 },
  submitUsage: { path: (t) => `${web(t)}/usage`, body: () => SUBMISSION, ...clients, client: 202 },
  submitUsageBatch: {
    path: (t) => `${web(t)}/usage/batch`,
    body: () => ({ requests: [SUBMISSION] }),
    ...clients,
    client: 207,
  },
  registerInferenceProfile: {
    path: (t) => `${web(t)}/inference-profiles`,
    body: () => ({
      profile_label: 'mine',
      inference_profile_arn:
        'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc',
    }),
    ...clients,
    client: 201,
  },
  organizationToday: { path: (t) => `${org(t)}/aggregates/today`, ...clients, client: 200 },
  organizationDay: { path: (t) => `${org(t)}/aggregates/2026-11-22`, ...clients, client: 200 },
  applicationToday: { path: (t) => `${web(t)}/aggregates/today`, ...clients, client: 200 },
  applicationDay: { path: (t) => `${web(t)}/aggregates/2026-11-22`, ...clients, client: 200 },
  putGrant: {
    path: (t) => `${org(t)}/grants/g`,
    body: () => ({ kind: 'model', value: 'm' }),
    provisioning: 200,
    ...admin,
  },
  getGrant: { path: (t) => `${org(t)}/grants/g`, provisioning: 200, ...admin },
  listGrants: { path: (t) => `${org(t)}/grants`, provisioning: 200, ...admin },
  deleteGrant: { path: (t) => `${org(t)}/grants/g`, provisioning: 204, ...admin },
  listEntries: { path: (t) => `/api/v1/usage/entries?org_id=${t.org_id}`, ...reading },
  listRefusals: { path: (t) => `/api/v1/usage/refusals?org_id=${t.org_id}`, ...reading },
  tailUsage: { path: (t) => `/api/v1/usage/tail?org_id=${t.org_id}`, ...reading },
  summarizeUsage: { path: (t) => `/api/v1/usage/summary?org_id=${t.org_id}`, ...reading },
  listPrices: { path: () => '/api/v1/prices', ...everybody, nobody: 401 },
  listPriceVersions: { path: () => '/api/v1/prices/versions', provisioning: 200, ...operator },
  getPriceVersion: {
    path: () => '/api/v1/prices/versions/prices-1',
    provisioning: 200,
    ...operator,
  },
  diffPrices: {
    path: () => '/api/v1/prices/diff?from=prices-1',
    provisioning: 200,
    ...operator,
  },
  priceCoverage: { path: () => '/api/v1/prices/coverage', provisioning: 200, ...operator },
  setPrice: {
    path: () => '/api/v1/prices/overrides',
    body: () => ({ model_id: 'a.b', region: 'us-east-1', usage_class: 'input', usd: '1' }),
    provisioning: 201,
    ...operator,
  },
  putPriceLayer: {
    path: () => '/api/v1/prices/layers/new',
    body: () => ({ kind: 'markup', percent: '5' }),
    provisioning: 201,
    ...operator,
  },
  getPriceLayer: { path: () => '/api/v1/prices/layers/l', provisioning: 200, ...operator },
  listPriceLayers: { path: () => '/api/v1/prices/layers', provisioning: 200, ...operator },
  deletePriceLayer: { path: () => '/api/v1/prices/layers/l', provisioning: 204, ...operator },
  beginPriceImport: {
    path: () => '/api/v1/prices/imports',
    body: () => ({}),
    provisioning: 201,
    ...operator,
  },
  appendPriceImport: {
    path: () => `/api/v1/prices/imports/${importId}/pieces/1`,
    body: () => ({ rows: [IMPORTED] }),
    provisioning: 204,
    ...operator,
  },
  commitPriceImport: {
    path: () => `/api/v1/prices/imports/${importId}/commit`,
    body: () => ({ pieces: 1 }),
    provisioning: 200,
    ...operator,
  },
  dropPriceImport: {
    path: () => `/api/v1/prices/imports/${importId}`,
    provisioning: 204,
    ...operator,
  },
  startRerate: {
    path: () => '/api/v1/rerates',
    body: () => ({ from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z', dry_run: true }),
    provisioning: 202,
    ...operator,
  },
  getRerate: { path: () => `/api/v1/rerates/${rerateId}`, provisioning: 200, ...operator },
  listRerates: { path: () => '/api/v1/rerates', provisioning: 200, ...operator },
  cancelRerate: { path: () => `/api/v1/rerates/${rerateId}`, provisioning: 204, ...operator },
  about: { path: () => '/', ...everybody },
  health: { path: () => '/health', ...everybody },
  openApi: { path: () => '/openapi.json', ...everybody },
};

function ask(name: OperationName, key: string | undefined) {
  return askWith(name, key === undefined ? {} : { 'x-api-key': key });
}

async function askWith(name: OperationName, headers: Readonly<Record<string, string>>) {
  const row = ROWS[name];
  const body = row.body?.(ours);
  const response = await fetch(plane.endpoint + row.path(ours), {
    method: operation(name).method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (operation(name).streams === true && response.ok) {
    await response.body?.cancel();
    return { status: response.status, body: { type: 'missed', missed: 0 } };
  }
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

describe('every operation', () => {
  it.each(OPERATION_NAMES)('%s admits whom it should, and answers by its schema', async (name) => {
    const { own, other, nobody, provisioning } = ROWS[name];
    expect((await ask(name, undefined)).status, 'without a credential').toBe(nobody);
    expect((await ask(name, theirs.api_key)).status, "another organization's key").toBe(other);
    expect((await ask(name, ours.api_key)).status, 'a key of the organization').toBe(own);
    // A key id that is known, with another secret, is as unknown as any.
    const forged = `tk_${ours.key_id}_${'x'.repeat(43)}`;
    const open = operation(name).access === 'public';
    expect((await ask(name, forged)).status, 'a forged key').toBe(open ? nobody : 401);
    await expectOfClients(name);
    // Last, because it may remove what the others were refused.
    const { status, body } = await ask(name, plane.provisioningKey);
    expect(status, 'provisioning').toBe(provisioning);
    if (status >= 400) return;
    expect(operation(name).success).toContain(status);
    expect(resultProblems(name, body)).toEqual([]);
  });

  /** An access token serves the operations of clients, for what it names, and no others. */
  async function expectOfClients(name: OperationName): Promise<void> {
    const { access, path } = operation(name);
    if (access === 'public') return;
    const bearer = (token: string) => askWith(name, { authorization: `Bearer ${token}` });
    const stranger = await bearer(tokens.theirs);
    if (access !== 'client') {
      expect(stranger.status, "another organization's client").toBe(401);
      expect((await bearer(tokens.ours)).status, "the organization's client").toBe(401);
      return;
    }
    if (path.includes('{')) expect(stranger.status, "another organization's client").toBe(404);
    const { status, body } = await bearer(tokens.ours);
    expect(status, "the organization's client").toBe(ROWS[name].client);
    if (status < 400) expect(resultProblems(name, body)).toEqual([]);
  }
});

describe('what does not exist', () => {
  it.each([
    ['PUT', '/api/v1/budgets/none'],
    ['DELETE', '/api/v1/budgets/none'],
    ['DELETE', '/api/v1/keys/aaaaaaaaaaaaaaaa'],
    ['GET', '/api/v1/orgs/00000000-0000-7000-8000-000000000000'],
  ])('looks to an API key like what is not its own: %s %s', async (method, path) => {
    const headers = { 'x-api-key': ours.api_key };
    const response = await fetch(plane.endpoint + path, { method, headers });
    expect(response.status).toBe(404);
  });
});

describe('a credential', () => {
  const get = (headers: Record<string, string>) =>
    fetch(`${plane.endpoint}/api/v1/budgets`, { headers });

  it('may come as bearer as well', async () => {
    expect((await get({ authorization: `Bearer ${ours.api_key}` })).status).toBe(200);
    expect((await get({ authorization: `bearer ${plane.provisioningKey}` })).status).toBe(200);
  });

  it.each([
    ['an Amazon Bedrock API key', 'ABSKQmVkcm9ja0FQSUtleS1hYmNk'],
    ['an AWS access key', 'AKIAIOSFODNN7EXAMPLE'],
    ['a JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc'],
  ])('of another make is named: %s', async (what, token) => {
    const response = await get({ 'x-api-key': token });
    expect(response.status).toBe(401);
    expect(await response.text()).toContain(what);
  });

  it('is refused from the moment it expires', async () => {
    const { api_key } = await plane.client.createKey({
      params: ours,
      body: { expires_at: '2026-11-22T14:34:00Z' },
    });
    expect((await get({ 'x-api-key': api_key })).status).toBe(200);
    plane.clock.advance(59_999);
    expect((await get({ 'x-api-key': api_key })).status).toBe(200);
    plane.clock.advance(1);
    expect((await get({ 'x-api-key': api_key })).status).toBe(401);
  });

  it('is refused at once when another process has revoked it', async () => {
    expect((await get({ 'x-api-key': ours.api_key })).status).toBe(200);
    const item = await plane.catalog.get<object>('api_key', ours.key_id);
    await plane.catalog.put({
      kind: 'api_key',
      id: ours.key_id,
      parent: item?.parent ?? '',
      value: { ...item?.value, revoked_at: '2026-11-22T14:33:00.000Z' },
    });
    const response = await get({ 'x-api-key': ours.api_key });
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('revoked');
  });

  it('without a usage scope sees nothing', async () => {
    const { api_key } = await plane.client.createKey({
      params: ours,
      body: { scopes: ['invoke'] },
    });
    expect((await get({ 'x-api-key': api_key })).status).toBe(403);
  });
});

const PRINCIPAL: Principal = {
  org_id: 'o',
  app_id: 'a',
  key_id: 'k',
  user_id: null,
  scopes: [],
  models: null,
  policy: {
    cost_headers: true,
    user_header: null,
    unpriced: 'refuse',
    unbounded: 'refuse',
    untraced_guardrail: 'estimate',
  },
};

function visitor(scopes: readonly Scope[], user_id: string | null = null): Who {
  return { kind: 'key', principal: { ...PRINCIPAL, scopes, user_id } };
}

describe('narrow', () => {
  const self = visitor(['usage:self']);
  const user = visitor(['usage:self'], 'ann');
  const app = visitor(['usage:app']);
  const whole = visitor(['usage:self', 'usage:org']);
  it.each<[string, Who, Whose, Whose | 404]>([
    ['everything', { kind: 'provisioning' }, { org_id: 'x' }, { org_id: 'x' }],
    ['its key', self, {}, { org_id: 'o', key_id: 'k' }],
    ['its key by name', self, { key_id: 'k' }, { org_id: 'o', key_id: 'k' }],
    ['no other key', self, { key_id: 'k2' }, 404],
    ['no user of its key', self, { user_id: 'ann' }, 404],
    ['its user', user, {}, { org_id: 'o', user_id: 'ann' }],
    ['its user by name', user, { user_id: 'ann' }, { org_id: 'o', user_id: 'ann' }],
    ['its key of its user', user, { key_id: 'k' }, { org_id: 'o', key_id: 'k' }],
    ['no other user', user, { user_id: 'bob' }, 404],
    ['no other key of its user', user, { key_id: 'k2' }, 404],
    ['its application', app, {}, { org_id: 'o', app_id: 'a' }],
    ['other keys of it', app, { key_id: 'k2' }, { org_id: 'o', app_id: 'a', key_id: 'k2' }],
    ['no other application', app, { app_id: 'b' }, 404],
    ['no other organization', app, { org_id: 'p' }, 404],
    ['its organization', whole, { app_id: 'b' }, { org_id: 'o', app_id: 'b' }],
    ['no other organization, with all scopes', whole, { org_id: 'p' }, 404],
  ])('shows %s', (_, who, asked, expected) => {
    if (expected === 404) expect(() => narrow(who, asked)).toThrow('does not exist');
    else expect(narrow(who, asked)).toEqual(expected);
  });
});

describe('seesBudget', () => {
  const budget = (scope: BudgetScope): Budget => ({
    budget_id: 'b',
    scope,
    match: null,
    limit: { unit: 'usd', amount: 1n },
    window: 'day',
    timezone: 'UTC',
    mode: 'enforce',
  });
  const app: Principal = { ...PRINCIPAL, scopes: ['usage:app'] };
  it.each<[BudgetScope, boolean]>([
    [{ type: 'organization', org_id: 'o' }, true],
    [{ type: 'organization', org_id: 'p' }, false],
    [{ type: 'application', org_id: 'o', app_id: 'a' }, true],
    [{ type: 'application', org_id: 'o', app_id: 'b' }, false],
    [{ type: 'application', org_id: 'p', app_id: 'a' }, false],
    [{ type: 'key', org_id: 'o', key_id: 'k' }, true],
    [{ type: 'key', org_id: 'o', key_id: 'l' }, false],
    [{ type: 'user', org_id: 'o', user_id: 'ann' }, false],
  ])('for %j is %s', (scope, expected) => {
    expect(seesBudget(app, budget(scope))).toBe(expected);
  });

  it('shows all budgets of the organization to who may see the organization', () => {
    const whole: Principal = { ...PRINCIPAL, scopes: ['usage:org'] };
    expect(seesBudget(whole, budget({ type: 'key', org_id: 'o', key_id: 'l' }))).toBe(true);
    expect(seesBudget(whole, budget({ type: 'key', org_id: 'p', key_id: 'k' }))).toBe(false);
  });
});

it('isolates tenants that have the same names for everything', async () => {
  const other = await makeTenant(plane.client, plane.ids.uuid());
  const { budgets } = await plane.as(other.api_key).listBudgets();
  expect(budgets).toEqual([]);
});
