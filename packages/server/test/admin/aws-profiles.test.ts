/** Application inference profiles over the API: made, found, tagged, deleted; by whom. */
import { createClient, resultProblems, type Client } from '@tollkeeper/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAccount, SONNET, type AwsAccount } from './aws-account.ts';
import { refusalOf } from './control-plane.ts';

let account: AwsAccount;
let ada: Client;
let grace: Client;
const COPY = `arn:aws:bedrock:us-east-1::foundation-model/${SONNET}`;

beforeEach(async () => {
  account = await openAccount();
  const clientOf = (accessToken: string): Client =>
    createClient({ endpoint: account.plane.endpoint, accessToken, fetch });
  ada = clientOf(await account.buyer('ada'));
  grace = clientOf(await account.buyer('grace', { tenant: 'two' }));
});
afterEach(() => account.close());

const made = async (client: Client, name: string, tags: Record<string, string> = {}) => {
  const answer = await client.createAwsInferenceProfile({ body: { name, copy_from: COPY, tags } });
  expect(resultProblems('createAwsInferenceProfile', answer)).toEqual([]);
  return { inference_profile_id: answer.inference_profile_id ?? '' };
};

it('is made with the tags of its maker, listed, tagged and deleted', async () => {
  const params = await made(ada, 'support chat', { project: 'one' });
  const read = await ada.getAwsInferenceProfile({ params });
  expect(resultProblems('getAwsInferenceProfile', read)).toEqual([]);
  expect(read).toMatchObject({
    ...{ name: 'support chat', type: 'APPLICATION', status: 'ACTIVE', user_id: 'ada' },
    ...{ model_arns: [COPY], tags: { project: 'one', Source: 'tollkeeper-super-action' } },
  });
  await ada.tagAwsInferenceProfile({ params, body: { tags: { project: 'two' } } });
  const found = await ada.listAwsInferenceProfiles({ query: { tag: 'project=two' } });
  expect(resultProblems('listAwsInferenceProfiles', found)).toEqual([]);
  expect(found.inference_profiles).toHaveLength(1);
  await ada.untagAwsInferenceProfile({ params, query: { names: 'project' } });
  await ada.deleteAwsInferenceProfile({ params });
  expect((await ada.listAwsInferenceProfiles({})).inference_profiles).toEqual([]);
});

it('does not exist for another organization', async () => {
  const params = await made(ada, 'support');
  for (const call of [
    () => grace.getAwsInferenceProfile({ params }),
    () => grace.deleteAwsInferenceProfile({ params }),
    () => grace.tagAwsInferenceProfile({ params, body: { tags: { a: 'b' } } }),
  ]) {
    expect(await refusalOf(call())).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  }
  expect((await grace.listAwsInferenceProfiles({})).inference_profiles).toEqual([]);
  expect(account.changes()).toHaveLength(1);
});

it('is its organization’s to call', async () => {
  await made(ada, 'support');
  const params = { org_id: account.orgs.one };
  const { grants } = await account.plane.client.listGrants({ params });
  expect(grants).toMatchObject([{ kind: 'arn' }]);
});

it('is refused before any call for what AWS would refuse', async () => {
  const bad = [
    { name: 'two  spaces', copy_from: COPY },
    { name: 'a', copy_from: 'anthropic.claude' },
    {
      name: 'a',
      copy_from: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc',
    },
    { name: 'a', copy_from: COPY, description: 'what?' },
    { name: 'a', copy_from: COPY, tags: { CreatedBy: 'eve' } },
  ];
  for (const body of bad) {
    const refused = await refusalOf(ada.createAwsInferenceProfile({ body }));
    expect(refused, JSON.stringify(body)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  }
  expect(account.sent()).toEqual([]);
});

it('lists what AWS defines to everybody', async () => {
  const { inference_profiles } = await grace.listAwsInferenceProfiles({
    query: { type: 'SYSTEM_DEFINED' },
  });
  expect(inference_profiles.every(({ type }) => type === 'SYSTEM_DEFINED')).toBe(true);
});
