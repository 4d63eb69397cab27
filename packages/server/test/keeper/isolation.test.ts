/**
 * Isolation, seen from outside: every operation of the contract is tried on the things of one
 * organization with every kind of credential of another. The operations are enumerated, and a path
 * parameter without a value here fails the test, so that a new route cannot be forgotten.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OPERATION_NAMES, operation, type OperationName } from '@tollkeeper/contract';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { issuerOf, startIssuer, type IssuerDesk } from '../credentials/people/issuer-desk.ts';
import { ask, clientIn, submission, textAt, type Answered, type Client } from './api-caller.ts';

const LABELS = ['premium', 'standard', 'economy'];
const MARK = 'zebra';

interface Organization {
  readonly orgId: string;
  readonly appId: string;
  readonly orgToken: string;
  readonly appToken: string;
  readonly apiKey: string;
  readonly keyId: string;
  readonly budgetId: string;
  /** Of an administrator of the organization, who may also buy, delete and tag. */
  readonly personToken: string;
  readonly provisionedId: string;
  readonly profileId: string;
}

let product: RunningProduct;
let pool: IssuerDesk;
let ours: Organization;
let theirs: Organization;

beforeAll(async () => {
  product = await startProduct({ settings: { rateLimitPreset: 'off' } });
  pool = await startIssuer(() => product.server.clock.now());
  const heads = { groups: ['heads'] };
  const members = { roles: { tenant_administrator: heads } };
  const permissions = { provisioned_throughput: heads };
  product.server.people.trust(issuerOf(pool.url, { ...members, permissions }));
  theirs = await makeOrganization(MARK);
  ours = await makeOrganization('ours');
});
afterAll(async () => {
  await product.close();
  await pool.close();
});

/** Operations that anybody may call: nobody's things are in their answers. */
const PUBLIC = new Set<string>(
  OPERATION_NAMES.filter((name) => operation(name).access === 'public'),
);

/** Operations for clients whose paths name nothing: they act on tokens that are shown. */
const WITHOUT_PATH = new Set<string>(['revokeToken']);

/** What is the same for everybody: what AWS says of its models. */
const NOBODYS = new Set<string>(['getFoundationModel']);

test('only what has to be public is', () => {
  expect([...PUBLIC].toSorted()).toEqual([
    'about',
    'health',
    'issueToken',
    'jwks',
    'openApi',
    'refreshToken',
  ]);
});

const CREDENTIALS: readonly (keyof Organization)[] = [
  'orgToken',
  'appToken',
  'apiKey',
  'personToken',
];

for (const name of OPERATION_NAMES.filter((each) => !PUBLIC.has(each))) {
  for (const credential of CREDENTIALS) {
    test(`${name} shows nothing of another organization to its ${credential}`, async () => {
      const answer = await tried(name, ours[credential], theirs);
      expect(answer.text).not.toContain(MARK);
      expect(answer.text).not.toContain(theirs.orgId);
      expect(answer.text).not.toContain(theirs.keyId);
      if (WITHOUT_PATH.has(name) || NOBODYS.has(name)) return;
      if (operation(name).path.includes('{')) {
        // A body is judged before anybody looks whose the thing is.
        expect(namesAnOrganization(name) ? [401, 404] : [400, 401, 403, 404]).toContain(
          answer.status,
        );
        const nobody = { ...theirs, orgId: randomUUID(), appId: 'none', keyId: 'a'.repeat(16) };
        const nothing = { budgetId: 'none', provisionedId: 'none', profileId: 'none' };
        const absent = await tried(name, ours[credential], { ...nobody, ...nothing });
        expect(without(answer)).toEqual(without(absent));
      }
    });
  }
  test(`${name} asks who is there`, async () => {
    const answer = await tried(name, undefined, theirs);
    expect(answer.status).toBe(401);
  });
}

test('what an organization has made in the AWS account is there, as it was made', async () => {
  const bearer = theirs.personToken;
  for (const path of [
    `/api/v1/provisioned-throughput/${theirs.provisionedId}`,
    `/api/v1/aws/inference-profiles/${theirs.profileId}`,
  ]) {
    const answer = await ask(product.endpoint, { path, bearer });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ tags: { owner: MARK } });
  }
});

test('the same operations do show an organization its own things', async () => {
  const path = `/api/v1/orgs/${theirs.orgId}/apps/${theirs.appId}/aggregates/today`;
  const answer = await ask(product.endpoint, { path, bearer: theirs.appToken });
  expect(answer.status).toBe(200);
  expect(answer.text).toContain(theirs.orgId);
});

/** Whether the path says whose it is. */
function namesAnOrganization(name: OperationName): boolean {
  return operation(name).path.includes('{org_id}');
}

async function tried(
  name: OperationName,
  credential: string | undefined,
  whose: Organization,
): Promise<Answered> {
  const { method, path, streams } = operation(name);
  const values: Readonly<Record<string, string>> = {
    org_id: whose.orgId,
    app_id: whose.appId,
    key_id: whose.keyId,
    budget_id: whose.budgetId,
    access_key_id: whose.keyId,
    grant_id: 'grant',
    webhook_id: 'hook',
    delivery_id: 'delivery',
    layer_id: 'layer',
    import_id: 'import',
    piece: '1',
    provisioned_id: whose.provisionedId,
    inference_profile_id: whose.profileId,
    month: '2026-01',
    commitment: 'none',
    rerate_id: 'rerate',
    version: 'version',
    price_version: 'version',
    model_id: 'amazon.nova-lite-v1:0',
    date: '2026-01-01',
  };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
    const value = values[parameter];
    if (value === undefined) throw new Error(`Say here what ${parameter} of ${name} is.`);
    return encodeURIComponent(value);
  });
  // An answer that streams would never end.
  if (streams === true && credential !== undefined) return statusAlone(filled, credential);
  return ask(product.endpoint, {
    method,
    path: `${filled}${QUERIES[name] ?? ''}`,
    ...(credential === undefined ? {} : { bearer: credential }),
    ...(method === 'GET' ? {} : { json: BODIES[name] ?? {} }),
  });
}

/** What is asked for where it takes more than a path to be understood. */
const BODIES: { readonly [name in OperationName]?: object } = {
  tagProvisioned: { tags: { owner: 'somebody else' } },
  tagAwsInferenceProfile: { tags: { owner: 'somebody else' } },
};
const QUERIES: { readonly [name in OperationName]?: string } = {
  untagProvisioned: '?names=owner',
  untagAwsInferenceProfile: '?names=owner',
};

async function statusAlone(path: string, bearer: string): Promise<Answered> {
  const leaving = new AbortController();
  const response = await fetch(product.endpoint + path, {
    headers: { authorization: `Bearer ${bearer}` },
    signal: leaving.signal,
  });
  leaving.abort();
  return { status: response.status, headers: response.headers, text: '', body: undefined };
}

/** An answer without what differs from request to request. */
function without({ status, text }: Answered): unknown {
  return [status, text.replaceAll(/"(timestamp|request_id)":"[^"]*"/g, '')];
}

async function makeOrganization(mark: string): Promise<Organization> {
  const { endpoint, provisioningKey: key, client } = product;
  const orgId = randomUUID();
  const appId = `${mark}-app`;
  const made = async (path: string, json: object): Promise<Client> => {
    const answer = await ask(endpoint, { method: 'PUT', path, key, json });
    expect(answer.status, answer.text).toBe(201);
    return clientIn(answer);
  };
  const orgPath = `/api/v1/orgs/${orgId}`;
  const organization = await made(orgPath, {
    org_name: mark,
    timezone: 'UTC',
    quota_scope: 'ORG',
    model_ordering: LABELS,
    quotas: Object.fromEntries(LABELS.map((label) => [label, 1_000_000])),
  });
  const application = await made(`${orgPath}/apps/${appId}`, { app_name: mark });
  const tokenOf = async (credentials: object): Promise<string> => {
    const json = { ...credentials, grant_type: 'client_credentials' };
    const answer = await ask(endpoint, { method: 'POST', path: '/auth/token', json });
    return textAt(answer, 'access_token');
  };
  const params = { org_id: orgId, app_id: appId };
  const { key_id, api_key } = await client.createKey({
    params,
    body: { name: mark, scopes: ['invoke', 'usage:org'] },
  });
  const grant = { kind: 'model', value: 'amazon.nova-pro-v1:0' } as const;
  await client.putGrant({ params: { org_id: orgId, grant_id: 'grant' }, body: grant });
  await client.putWebhook({
    params: { org_id: orgId, webhook_id: 'hook' },
    body: { url: `https://${mark}.example.com/hook` },
  });
  const budgetId = `${mark}-budget`;
  await client.putBudget({
    params: { budget_id: budgetId },
    body: {
      scope: { type: 'organization', org_id: orgId },
      limit: { unit: 'usd', amount: '1' },
      window: 'day',
    },
  });
  const appToken = await tokenOf(application);
  const path = `${orgPath}/apps/${appId}/usage`;
  const json = submission();
  const submitted = await ask(endpoint, { method: 'POST', path, bearer: appToken, json });
  expect(submitted.status, submitted.text).toBe(202);
  const claims = { 'custom:tenant_id': orgId, 'cognito:groups': ['heads'], sub: `${mark}-head` };
  const personToken = await pool.token({ claims });
  return {
    ...{ personToken, ...(await madeAtAws(mark, personToken)) },
    orgId,
    appId,
    orgToken: await tokenOf(organization),
    appToken,
    apiKey: api_key,
    keyId: key_id,
    budgetId,
  };
}

async function madeAtAws(mark: string, bearer: string) {
  const made = async (path: string, json: object, id: string): Promise<string> => {
    const tags = { owner: mark };
    const body = { ...json, name: `of-${mark}`, tags };
    const answer = await ask(product.endpoint, { method: 'POST', path, bearer, json: body });
    expect(answer.status, answer.text).toBe(201);
    return textAt(answer, id);
  };
  const model = 'anthropic.claude-3-sonnet-20240229-v1:0';
  const copy_from = `arn:aws:bedrock:us-east-1::foundation-model/${model}`;
  const capacity = { model_id: model, model_units: 1 };
  return {
    provisionedId: await made('/api/v1/provisioned-throughput', capacity, 'provisioned_id'),
    profileId: await made('/api/v1/aws/inference-profiles', { copy_from }, 'inference_profile_id'),
  };
}
