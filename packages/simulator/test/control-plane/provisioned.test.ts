/** Provisioned throughput by the real SDK: statuses, commitments, idempotency and refusals. */
import {
  CreateProvisionedModelThroughputCommand,
  type CreateProvisionedModelThroughputCommandInput,
  DeleteProvisionedModelThroughputCommand,
  GetProvisionedModelThroughputCommand,
  ListTagsForResourceCommand,
  UpdateProvisionedModelThroughputCommand,
} from '@aws-sdk/client-bedrock';
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { client, onlyRow, question, start } from '../rig.ts';
import { bedrock, configure, HAIKU, OWNED, refusal } from './bedrock.ts';

const DAY = 86_400_000;
const ask = (
  more: Partial<CreateProvisionedModelThroughputCommandInput> = {},
): CreateProvisionedModelThroughputCommand =>
  new CreateProvisionedModelThroughputCommand({
    modelId: HAIKU,
    modelUnits: 2,
    provisionedModelName: 'of-a-test',
    ...more,
  });

describe('what is created', () => {
  it('has an ARN of its own, is creating at first and in service later', async () => {
    const simulator = await start({ settings: { provision_ms: 600_000 } });
    const sdk = bedrock(simulator);
    const made = await sdk.send(ask({ tags: [{ key: 'team', value: 'red' }] }));
    expect(made.$metadata.httpStatusCode).toBe(201);
    const arn = made.provisionedModelArn ?? '';
    expect(arn).toMatch(/^arn:aws:bedrock:us-east-1:123456789012:provisioned-model\/[a-z0-9]{12}$/);
    const get = new GetProvisionedModelThroughputCommand({ provisionedModelId: 'of-a-test' });
    const model = `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU}`;
    const got = await sdk.send(get);
    expect(got.commitmentDuration).toBeUndefined();
    expect(got).toMatchObject({
      provisionedModelArn: arn,
      status: 'Creating',
      modelUnits: 2,
      desiredModelUnits: 2,
      modelArn: model,
      foundationModelArn: model,
      creationTime: expect.any(Date) as Date,
    });
    const tags = await sdk.send(new ListTagsForResourceCommand({ resourceARN: arn }));
    expect(tags.tags).toEqual([{ key: 'team', value: 'red' }]);
    await configure(simulator, { clock_ahead_ms: 600_001 });
    expect((await sdk.send(get)).status).toBe('InService');
  });

  it('serves calls by its ARN only when it is in service, and they are not billed', async () => {
    const simulator = await start({ settings: { provision_ms: 600_000 } });
    const { provisionedModelArn } = await bedrock(simulator).send(ask());
    const call = (): Promise<unknown> =>
      client(simulator).send(new ConverseCommand(question(provisionedModelArn ?? '')));
    expect((await refusal(call())).name).toBe('ModelNotReadyException');
    await fetch(`${simulator.url}/_simulator/book`, { method: 'DELETE' });
    await configure(simulator, { clock_ahead_ms: 600_001 });
    await call();
    expect(await onlyRow(simulator)).toMatchObject({ billed: false, invoked_model_id: HAIKU });
  });

  it('can fail, with a reason', async () => {
    const simulator = await start({ settings: { provision_ms: 0, provision_fails: true } });
    const sdk = bedrock(simulator);
    const { provisionedModelArn } = await sdk.send(ask());
    const get = new GetProvisionedModelThroughputCommand({
      provisionedModelId: provisionedModelArn,
    });
    expect(await sdk.send(get)).toMatchObject({
      status: 'Failed',
      failureMessage: expect.any(String) as string,
    });
  });
});

it('a request token that is repeated makes nothing new and is no error', async () => {
  const simulator = await start();
  const sdk = bedrock(simulator);
  const first = await sdk.send(ask({ clientRequestToken: 'once-only' }));
  const again = await sdk.send(
    ask({ clientRequestToken: 'once-only', provisionedModelName: 'of-another' }),
  );
  expect(again.provisionedModelArn).toBe(first.provisionedModelArn);
  const other = await sdk.send(
    ask({ clientRequestToken: 'twice', provisionedModelName: 'of-another' }),
  );
  expect(other.provisionedModelArn).not.toBe(first.provisionedModelArn);
});

describe('a commitment', () => {
  it.each([
    ['OneMonth', 31],
    ['SixMonths', 184],
  ] as const)('of %s keeps from deletion until it has ended', async (term, days) => {
    const simulator = await start();
    const sdk = bedrock(simulator);
    const { provisionedModelArn } = await sdk.send(ask({ commitmentDuration: term }));
    const named = { provisionedModelId: provisionedModelArn };
    const got = await sdk.send(new GetProvisionedModelThroughputCommand(named));
    const ends = got.commitmentExpirationTime?.getTime() ?? 0;
    const begun = got.creationTime?.getTime() ?? 0;
    expect((ends - begun) / DAY).toBeLessThanOrEqual(days);
    expect((ends - begun) / DAY).toBeGreaterThanOrEqual(days - 3);
    const early = await refusal(sdk.send(new DeleteProvisionedModelThroughputCommand(named)));
    expect(early).toMatchObject({ name: 'ConflictException', status: 400 });
    await configure(simulator, { clock_ahead_ms: days * DAY + 1 });
    await sdk.send(new DeleteProvisionedModelThroughputCommand(named));
    const gone = await refusal(sdk.send(new GetProvisionedModelThroughputCommand(named)));
    expect(gone).toMatchObject({ name: 'ResourceNotFoundException', status: 404 });
  });

  it('is not needed: what has none is deleted at once', async () => {
    const sdk = bedrock(await start());
    await sdk.send(ask());
    const named = { provisionedModelId: 'of-a-test' };
    await sdk.send(new DeleteProvisionedModelThroughputCommand(named));
    expect((await sdk.send(ask())).provisionedModelArn).toBeDefined();
  });
});

describe('AWS refuses', () => {
  const many = (count: number): { key: string; value: string }[] =>
    Array.from({ length: count }, (_, at) => ({ key: `key${at}`, value: '' }));
  it.each([
    ['no unit at all', { modelUnits: 0 }, /'modelUnits'.*greater than or equal to 1/],
    ['half a unit', { modelUnits: 0.5 }, /'modelUnits'/],
    ['a name with a double separator', { provisionedModelName: 'a--b' }, /'provisionedModelName'/],
    ['a name with a leading separator', { provisionedModelName: '-a' }, /'provisionedModelName'/],
    ['a name that is too long', { provisionedModelName: 'a'.repeat(64) }, /63/],
    ['a term in other words', { commitmentDuration: 'ONE_MONTH' as 'OneMonth' }, /enum value set/],
    ['a token with a trailing dash', { clientRequestToken: 'a-' }, /'clientRequestToken'/],
    ['a key with a character', { tags: [{ key: 'a#b', value: '' }] }, /tags.1.member.key/],
    ['a value with a character', { tags: [{ key: 'a', value: '!' }] }, /tags.1.member.value/],
    ['a key of its own', { tags: [{ key: 'aws:x', value: '' }] }, /reserved for AWS/],
    ['an id that is none', { modelId: 'claude' }, /identifier is invalid/],
    ['a model that cannot be provisioned', { modelId: 'openai.gpt-oss-120b-1:0' }, /not support/],
    ['a name in use', { provisionedModelName: 'simulated-haiku' }, /already exists/],
    ['more than 200 tags', { tags: many(201) }, /'tags'.*200/],
  ])('%s', async (_, more, message) => {
    const sdk = bedrock(await start());
    const told = await refusal(sdk.send(ask(more)));
    expect(told).toMatchObject({ name: 'ValidationException', status: 400 });
    expect(told.message).toMatch(message);
  });

  it('every wrong member in one answer', async () => {
    const sdk = bedrock(await start());
    const told = await refusal(sdk.send(ask({ modelUnits: 0, provisionedModelName: '' })));
    expect(told.message).toMatch(/^2 validation errors detected: Value '' at .*; Value '0' at /);
  });

  it('51 tags, while 50 pass', async () => {
    const sdk = bedrock(await start());
    const told = await refusal(sdk.send(ask({ tags: many(51) })));
    expect(told).toMatchObject({ name: 'TooManyTagsException', status: 400 });
    expect(told.resourceName).toContain(':provisioned-model/');
    await sdk.send(ask({ tags: many(50) }));
  });

  it('a model that the region has not', async () => {
    const simulator = await start();
    const modelId = 'amazon.nova-premier-v1:0';
    const told = await refusal(bedrock(simulator, 'eu-west-2').send(ask({ modelId })));
    expect(told).toMatchObject({ name: 'ResourceNotFoundException', status: 404 });
  });

  it('more units than the quota, and callers without the right', async () => {
    const simulator = await start({ settings: { model_units_quota: 2 } });
    const sdk = bedrock(simulator);
    expect((await refusal(sdk.send(ask()))).name).toBe('ServiceQuotaExceededException');
    await configure(simulator, { model_units_quota: null, denied_operations: ['TagResource'] });
    const tagged = await refusal(sdk.send(ask({ tags: many(1) })));
    expect(tagged).toMatchObject({ name: 'AccessDeniedException', status: 403 });
    expect(tagged.message).toContain('bedrock:TagResource');
    await sdk.send(ask());
  });
});

describe('an update', () => {
  const update = (
    provisionedModelId: string,
    more: { desiredModelId?: string; desiredProvisionedModelName?: string },
  ): UpdateProvisionedModelThroughputCommand =>
    new UpdateProvisionedModelThroughputCommand({ provisionedModelId, ...more });

  it('renames, and never to a name in use', async () => {
    const sdk = bedrock(await start());
    await sdk.send(update('simulated-haiku', { desiredProvisionedModelName: 'renamed' }));
    const get = new GetProvisionedModelThroughputCommand({ provisionedModelId: 'renamed' });
    expect((await sdk.send(get)).provisionedModelArn).toBe(
      `${OWNED}:provisioned-model/simprovision`,
    );
    await sdk.send(ask());
  });

  it('moves a custom model to its base, and nothing else', async () => {
    const simulator = await start({ settings: { provision_ms: 0 } });
    const sdk = bedrock(simulator);
    const base = 'amazon.nova-micro-v1:0';
    const modelId = `${OWNED}:custom-model/${base}/simdeploy001`;
    await sdk.send(ask({ modelId }));
    const wrong = update('of-a-test', { desiredModelId: HAIKU });
    expect((await refusal(sdk.send(wrong))).message).toMatch(/same base model/);
    await configure(simulator, { provision_ms: 600_000 });
    await sdk.send(update('of-a-test', { desiredModelId: base }));
    const get = new GetProvisionedModelThroughputCommand({ provisionedModelId: 'of-a-test' });
    const foundation = `arn:aws:bedrock:us-east-1::foundation-model/${base}`;
    expect(await sdk.send(get)).toMatchObject({
      status: 'Updating',
      modelArn: modelId,
      desiredModelArn: foundation,
    });
    await configure(simulator, { clock_ahead_ms: 600_001 });
    expect(await sdk.send(get)).toMatchObject({ status: 'InService', modelArn: foundation });
    const fixed = update('simulated-haiku', { desiredModelId: HAIKU });
    expect((await refusal(sdk.send(fixed))).message).toMatch(/custom model/);
  });
});
