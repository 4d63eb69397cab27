/** The control plane tells what ARNs stand for, to callers with a good signature or token. */
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, it } from 'vitest';
import { DEFAULT_BEARER_TOKEN, DEFAULT_CREDENTIALS, type Simulator } from '../../src/index.ts';
import { ask, book, Sha256, start } from '../rig.ts';

const OWNED = 'arn:aws:bedrock:us-east-1:123456789012';
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

function get(simulator: Simulator, path: string): Promise<Response> {
  const authorization = `Bearer ${DEFAULT_BEARER_TOKEN}`;
  return fetch(simulator.url + path, { headers: { authorization } });
}

async function profile(identifier: string): Promise<Record<string, unknown>> {
  const path = `/inference-profiles/${encodeURIComponent(identifier)}`;
  return (await (await get(await start(), path)).json()) as Record<string, unknown>;
}

const foundation = (region: string, id: string) => ({
  modelArn: `arn:aws:bedrock:${region}::foundation-model/${id}`,
});

it('an application profile is found by ARN and by id, and tells models and no more', async () => {
  const arn = `${OWNED}:application-inference-profile/simclaudegeo`;
  const found = await profile(arn);
  expect(found).toMatchObject({
    inferenceProfileArn: arn,
    inferenceProfileId: 'simclaudegeo',
    inferenceProfileName: 'simulated-claude-geo',
    status: 'ACTIVE',
    type: 'APPLICATION',
    models: ['us-east-1', 'us-east-2', 'us-west-2'].map((region) => foundation(region, SONNET)),
  });
  expect(await profile('simclaudegeo')).toEqual(found);
});

it('a copy of one model has one destination, a global one goes across geographies', async () => {
  const one = await profile('simnovalite0');
  expect(one['models']).toEqual([foundation('us-east-1', 'amazon.nova-lite-v1:0')]);
  const all = (await profile('simclaudeall'))['models'] as { modelArn: string }[];
  const geographies = new Set(all.map(({ modelArn }) => modelArn.split(':')[3]?.slice(0, 2)));
  expect(geographies).toEqual(new Set(['us', 'eu', 'ap', 'sa']));
});

it('a profile that AWS defines has its own type', async () => {
  expect(await profile('eu.amazon.nova-lite-v1:0')).toMatchObject({
    inferenceProfileId: 'eu.amazon.nova-lite-v1:0',
    inferenceProfileArn: `${OWNED}:inference-profile/eu.amazon.nova-lite-v1:0`,
    type: 'SYSTEM_DEFINED',
  });
});

it.each([
  [
    'prompt-routers',
    `${OWNED}:default-prompt-router/anthropic.claude:1`,
    {
      type: 'default',
      status: 'AVAILABLE',
      routingCriteria: { responseQualityDifference: 0 },
      models: [
        { modelArn: `${OWNED}:inference-profile/us.anthropic.claude-3-haiku-20240307-v1:0` },
        { modelArn: `${OWNED}:inference-profile/us.anthropic.claude-3-5-sonnet-20240620-v1:0` },
      ],
      fallbackModel: {
        modelArn: `${OWNED}:inference-profile/us.anthropic.claude-3-5-sonnet-20240620-v1:0`,
      },
    },
  ],
  [
    'provisioned-model-throughput',
    'simulated-haiku',
    {
      status: 'InService',
      modelUnits: 1,
      provisionedModelArn: `${OWNED}:provisioned-model/simprovision`,
      foundationModelArn: foundation('us-east-1', 'anthropic.claude-3-haiku-20240307-v1:0')
        .modelArn,
    },
  ],
  [
    'imported-models',
    `${OWNED}:imported-model/simimported1`,
    { modelArn: `${OWNED}:imported-model/simimported1`, modelArchitecture: 'llama' },
  ],
  [
    'model-customization/custom-model-deployments',
    'simdeploy001',
    { customModelDeploymentArn: `${OWNED}:custom-model-deployment/simdeploy001`, status: 'Active' },
  ],
])('%s of %s', async (path, identifier, members) => {
  const answer = await get(await start(), `/${path}/${encodeURIComponent(identifier)}`);
  expect(await answer.json()).toMatchObject(members);
});

it.each([
  '/inference-profiles/nobodyknows',
  '/inference-profiles/us.nobody.knows',
  '/prompt-routers/nobodyknows',
  '/provisioned-model-throughput/nobodyknows',
  '/imported-models/nobodyknows',
  '/model-customization/custom-model-deployments/nobodyknows',
])('%s is not found', async (path) => {
  const answer = await get(await start(), path);
  expect(answer.status).toBe(404);
  expect(answer.headers.get('x-amzn-errortype')).toMatch(/^ResourceNotFoundException/);
});

it('callers are checked, and a lookup leaves no row but is counted', async () => {
  const simulator = await start();
  const path = '/inference-profiles/simclaudegeo';
  expect((await fetch(simulator.url + path)).status).toBe(403);
  expect((await get(simulator, path)).status).toBe(200);
  expect(await book(simulator)).toEqual([]);
  const health = await (await fetch(`${simulator.url}/_simulator/health`)).json();
  expect(health).toMatchObject({ calls: 0, lookups: { GetInferenceProfile: 1 } });
});

it.each([
  ['error;status=403', 403],
  ['throttle', 429],
  ['slow;ms=1', 200],
])('a lookup meets %s of its own setting, and calls of models do not', async (fault, status) => {
  const simulator = await start({ settings: { lookup_fault: fault } });
  expect((await get(simulator, '/inference-profiles/simclaudegeo')).status).toBe(status);
  expect((await ask(simulator, 'converse', '')).status).toBe(200);
});

it('a lookup can stay without an answer', async () => {
  const simulator = await start({ settings: { lookup_fault: 'reset' } });
  await expect(get(simulator, '/inference-profiles/simclaudegeo')).rejects.toThrow();
});

it('a signature over an encoded ARN without a body is good', async () => {
  const simulator = await start();
  const arn = `${OWNED}:application-inference-profile/simclaudegeo`;
  const path = `/inference-profiles/${encodeURIComponent(arn)}`;
  const signer = new SignatureV4({
    service: 'bedrock',
    region: 'us-east-1',
    credentials: DEFAULT_CREDENTIALS,
    sha256: Sha256,
  });
  const signed = await signer.sign({
    method: 'GET',
    protocol: 'http:',
    hostname: '127.0.0.1',
    port: simulator.port,
    path,
    headers: { host: `127.0.0.1:${simulator.port}` },
  });
  const { host: _, ...headers } = signed.headers;
  expect((await fetch(simulator.url + path, { headers })).status).toBe(200);
  const forged = { ...headers, 'x-amz-date': '20200101T000000Z' };
  expect((await fetch(simulator.url + path, { headers: forged })).status).toBe(403);
});
