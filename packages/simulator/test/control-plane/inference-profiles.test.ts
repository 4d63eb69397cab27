/** Application inference profiles by the real SDK, and calls through them. */
import {
  CreateInferenceProfileCommand,
  DeleteInferenceProfileCommand,
  GetInferenceProfileCommand,
  ListInferenceProfilesCommand,
  paginateListInferenceProfiles,
} from '@aws-sdk/client-bedrock';
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { expect, it } from 'vitest';
import { client, onlyRow, question, start } from '../rig.ts';
import { bedrock, HAIKU, OWNED, refusal } from './bedrock.ts';

const MODEL = `arn:aws:bedrock:us-east-1::foundation-model/${HAIKU}`;
const GEO = `${OWNED}:inference-profile/us.${HAIKU}`;
const ask = (copyFrom: string, name = 'of-a-test', token?: string): CreateInferenceProfileCommand =>
  new CreateInferenceProfileCommand({
    inferenceProfileName: name,
    modelSource: { copyFrom },
    description: 'made by a test',
    ...(token === undefined ? {} : { clientRequestToken: token }),
  });

it('a copy of a system profile has its destinations, and calls go through it', async () => {
  const simulator = await start();
  const sdk = bedrock(simulator);
  const made = await sdk.send(ask(GEO));
  expect(made).toMatchObject({ status: 'ACTIVE', $metadata: { httpStatusCode: 201 } });
  const arn = made.inferenceProfileArn ?? '';
  expect(arn).toMatch(/:application-inference-profile\/[a-z0-9]{12}$/);
  const get = new GetInferenceProfileCommand({ inferenceProfileIdentifier: arn });
  const got = await sdk.send(get);
  expect(got).toMatchObject({
    type: 'APPLICATION',
    inferenceProfileName: 'of-a-test',
    description: 'made by a test',
  });
  expect(got.models).toHaveLength(3);
  await client(simulator).send(new ConverseCommand(question(arn)));
  expect(await onlyRow(simulator)).toMatchObject({
    invoked_model_id: `us.${HAIKU}`,
    billed: true,
  });
});

it('a repeated token makes nothing new, a name in use is a conflict', async () => {
  const sdk = bedrock(await start());
  const first = await sdk.send(ask(MODEL, 'one', 'token-1'));
  expect((await sdk.send(ask(MODEL, 'one', 'token-1'))).inferenceProfileArn).toBe(
    first.inferenceProfileArn,
  );
  const told = await refusal(sdk.send(ask(MODEL, 'one', 'token-2')));
  expect(told).toMatchObject({ name: 'ConflictException', status: 400 });
});

it.each([
  ['an application profile', `${OWNED}:application-inference-profile/simnovalite0`],
  ['a model of another region', MODEL.replace('us-east-1', 'eu-west-1')],
  ['a profile that does not exist', `${OWNED}:inference-profile/us.nobody.knows`],
  ['a model only for profiles', MODEL.replace(HAIKU, 'deepseek.r1-v1:0')],
])('nothing is copied from %s', async (_, copyFrom) => {
  const told = await refusal(bedrock(await start()).send(ask(copyFrom)));
  expect(told).toMatchObject({ name: 'ValidationException', status: 400 });
});

it('lists tell what AWS defines, or the own ones, whole by pages', async () => {
  const sdk = bedrock(await start());
  await sdk.send(ask(MODEL));
  const own = await sdk.send(new ListInferenceProfilesCommand({ typeEquals: 'APPLICATION' }));
  expect(own.inferenceProfileSummaries?.map((each) => each.inferenceProfileName)).toEqual([
    'simulated-claude-geo',
    'simulated-claude-global',
    'simulated-nova-lite',
    'of-a-test',
  ]);
  const ids: (string | undefined)[] = [];
  for await (const page of paginateListInferenceProfiles({ client: sdk, pageSize: 3 }, {})) {
    ids.push(...(page.inferenceProfileSummaries ?? []).map((each) => each.inferenceProfileId));
  }
  expect(ids).toContain(`us.${HAIKU}`);
  expect(ids).toContain('global.anthropic.claude-haiku-4-5-20251001-v1:0');
  expect(ids).not.toContain(`eu.${HAIKU}`);
  expect(new Set(ids).size).toBe(ids.length);
});

it('what was deleted is gone for calls as well; what AWS defines stays', async () => {
  const simulator = await start();
  const sdk = bedrock(simulator);
  const arn = `${OWNED}:application-inference-profile/simnovalite0`;
  const remove = (id: string): Promise<unknown> =>
    sdk.send(new DeleteInferenceProfileCommand({ inferenceProfileIdentifier: id }));
  await remove('simnovalite0');
  expect((await refusal(remove(arn))).status).toBe(404);
  const call = client(simulator).send(new ConverseCommand(question(arn)));
  expect((await refusal(call)).name).toBe('ValidationException');
  expect((await refusal(remove(`us.${HAIKU}`))).message).toMatch(/cannot be deleted/);
});
