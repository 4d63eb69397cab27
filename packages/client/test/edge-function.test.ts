/** `callEdgeFunctionDirect` against the real product, as a person who signed in. */
import { createHmac } from 'node:crypto';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edgeFunction, EdgeFunctionError } from '../src/index.ts';

const ISSUER = 'https://project.supabase.co/auth/v1';
const SECRET = 'a secret of a project that is long enough for this';

let product: RunningProduct;
beforeAll(async () => {
  process.env['EDGE_FUNCTION_TEST_SECRET'] = SECRET;
  product = await startProduct({
    settings: { confirmCommitments: true },
    settingsFile: {
      trusted_issuers: [
        {
          ...{ id: 'supabase', issuer: ISSUER, kind: 'hs256', client_ids: ['authenticated'] },
          hs256_secret_env: 'EDGE_FUNCTION_TEST_SECRET',
          claims: { tenant: 'tenant', groups: 'groups' },
          permissions: { provisioned_throughput: { groups: ['buyers'] } },
        },
      ],
    },
  });
  const params = { org_id: product.orgId };
  await product.client.putOrganization({ params, body: { tenant_id: 'tenant-1' } });
});
afterAll(() => product.close());

/** A token as a project with a shared secret signs it. */
function tokenOf(groups: readonly string[]): string {
  const seconds = Math.floor(product.server.clock.now() / 1_000);
  const claims = {
    ...{ sub: 'ada', iss: ISSUER, aud: 'authenticated', tenant: 'tenant-1', groups },
    ...{ iat: seconds, exp: seconds + 3_600 },
  };
  const encoded = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signed = encoded.join('.');
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

const as = (groups: readonly string[]) =>
  edgeFunction({ endpoint: product.endpoint, accessToken: () => tokenOf(groups) });

const PURCHASE = { modelId: 'anthropic.claude-3-sonnet-20240229-v1:0', modelUnits: 1 };

it('buys, finds and deletes', async () => {
  const { callEdgeFunctionDirect } = as(['buyers']);
  const { provisionedModelArn } = await callEdgeFunctionDirect({
    action: 'CreateProvisionedModelThroughput',
    data: { ...PURCHASE, provisionedModelName: 'mine', tags: { project: 'one' } },
  });
  const { provisionedModelSummaries } = await callEdgeFunctionDirect({
    action: 'ListProvisionedModelThroughputs',
    data: { tags: { project: 'one' } },
  });
  expect(provisionedModelSummaries.map(({ provisionedModelArn: arn }) => arn)).toEqual([
    provisionedModelArn,
  ]);
  const { modelSummaries } = await callEdgeFunctionDirect({ action: 'ListFoundationModels' });
  expect(modelSummaries.length).toBeGreaterThan(0);
  const data = { provisionedModelId: 'mine' };
  expect(
    await callEdgeFunctionDirect({ action: 'DeleteProvisionedModelThroughput', data }),
  ).toEqual({});
});

it('rejects with what the endpoint says, and with what it takes to confirm', async () => {
  const bought = as([]).callEdgeFunctionDirect({
    action: 'CreateProvisionedModelThroughput',
    data: PURCHASE,
  });
  await expect(bought).rejects.toMatchObject({ status: 403, code: 'AccessDeniedException' });
  const error = await as(['buyers'])
    .callEdgeFunctionDirect({
      action: 'CreateProvisionedModelThroughput',
      data: { ...PURCHASE, commitmentDuration: 'ONE_MONTH' },
    })
    .catch((cause: unknown) => cause);
  if (!(error instanceof EdgeFunctionError)) throw new Error('It was bought.');
  expect([error.status, error.code]).toEqual([409, 'ConfirmationRequired']);
  const confirmation = String(error.details['confirmation_token']);
  const { provisionedModelArn } = await as(['buyers']).callEdgeFunctionDirect({
    action: 'CreateProvisionedModelThroughput',
    data: { ...PURCHASE, commitmentDuration: 'ONE_MONTH', confirmation },
  });
  expect(provisionedModelArn).toContain(':provisioned-model/');
});
