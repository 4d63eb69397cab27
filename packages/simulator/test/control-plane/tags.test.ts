/** Tags: 50 on a resource with those it has, of keys and values that AWS takes. */
import {
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-bedrock';
import { describe, expect, it } from 'vitest';
import { withTags } from '../../src/control-plane/tags.ts';
import { start } from '../rig.ts';
import { bedrock, OWNED, refusal } from './bedrock.ts';

const resourceARN = `${OWNED}:provisioned-model/simprovision`;
const many = (count: number): { key: string; value: string }[] =>
  Array.from({ length: count }, (_, at) => ({ key: `key${at}`, value: '' }));

it('are put, replaced, removed and listed', async () => {
  const sdk = bedrock(await start());
  const list = new ListTagsForResourceCommand({ resourceARN });
  const put = (key: string, value: string): Promise<unknown> =>
    sdk.send(new TagResourceCommand({ resourceARN, tags: [{ key, value }] }));
  await put('team', 'red');
  await put('stage', 'test');
  await put('team', 'blue');
  await sdk.send(new UntagResourceCommand({ resourceARN, tagKeys: ['stage', 'never-there'] }));
  expect((await sdk.send(list)).tags).toEqual([{ key: 'team', value: 'blue' }]);
});

it('fifty are taken, a fifty-first is not, and nothing of its request is', async () => {
  const sdk = bedrock(await start());
  await sdk.send(new TagResourceCommand({ resourceARN, tags: many(49) }));
  const two = new TagResourceCommand({ resourceARN, tags: many(51).slice(49) });
  const told = await refusal(sdk.send(two));
  expect(told).toMatchObject({ name: 'TooManyTagsException', resourceName: resourceARN });
  const { tags } = await sdk.send(new ListTagsForResourceCommand({ resourceARN }));
  expect(tags).toHaveLength(49);
  // One that is there already does not count twice.
  await sdk.send(new TagResourceCommand({ resourceARN, tags: many(50).slice(48) }));
});

describe('AWS refuses', () => {
  it.each([
    ['an empty key', resourceARN, '', /key.*greater than or equal to 1/],
    ['a long key', resourceARN, 'k'.repeat(129), /less than or equal to 128/],
    ['a key of its own', resourceARN, 'AWS:x', /reserved/],
    ['what it defines itself', `${OWNED}:inference-profile/us.x.y`, 'a', /cannot be tagged/],
    ['what is no ARN', 'a name of something or other', 'a', /'resourceARN'/],
  ])('%s', async (_, resource, key, message) => {
    const sdk = bedrock(await start());
    const tag = new TagResourceCommand({ resourceARN: resource, tags: [{ key, value: '' }] });
    const told = await refusal(sdk.send(tag));
    expect(told).toMatchObject({ name: 'ValidationException', status: 400 });
    expect(told.message).toMatch(message);
  });

  it('what does not exist, by its name', async () => {
    const sdk = bedrock(await start());
    const unknown = `${OWNED}:provisioned-model/nobodyknows`;
    const told = await refusal(sdk.send(new ListTagsForResourceCommand({ resourceARN: unknown })));
    expect(told).toMatchObject({
      name: 'ResourceNotFoundException',
      status: 404,
      resourceName: unknown,
    });
  });
});

it('what is given is not changed when it would be too much', () => {
  const present = new Map([['a', '1']]);
  expect(() => withTags(present, many(50), 'x')).toThrow(/50/);
  expect([...present]).toEqual([['a', '1']]);
});
