/**
 * TagResource, UntagResource and ListTagsForResource: tags of provisioned models and of application
 * inference profiles. What AWS itself defines cannot be tagged.
 */
import type { Account } from '../account/account.ts';
import { asList, type JsonObject } from '../model/json.ts';
import { Failure, invalid } from '../wire/failure.ts';
import { Check, RULES, type Tag } from './check.ts';

/** Tags of one resource at most, those that it has counted. */
const TAGS_MAX = 50;
const KEYS_OF_REQUEST_MAX = 200;

/** The tags of a resource with more. Throws `TooManyTagsException` when they would be too many. */
export function withTags(
  present: ReadonlyMap<string, string>,
  more: readonly Tag[],
  resourceName: string,
): ReadonlyMap<string, string> {
  const tags = new Map(present);
  for (const { key, value } of more) tags.set(key, value);
  if (tags.size <= TAGS_MAX) return tags;
  const message = `The number of tags on a resource cannot be more than ${TAGS_MAX}.`;
  throw new Failure('TooManyTagsException', message, { resourceName });
}

/** Answers TagResource. */
export function tagResource(account: Account, body: JsonObject): object {
  const check = new Check();
  const arn = resourceArn(check, body);
  const tags = check.tags(body['tags'], true);
  check.done();
  requireTaggable(account, arn);
  account.putTags(arn, withTags(account.tags(arn), tags, arn));
  return {};
}

/** Answers UntagResource; keys that are not there are no error. */
export function untagResource(account: Account, body: JsonObject): object {
  const check = new Check();
  const arn = resourceArn(check, body);
  check.present('tagKeys', body['tagKeys']);
  const listed = asList(body['tagKeys'] ?? []);
  if (listed === null || listed.length > KEYS_OF_REQUEST_MAX) {
    throw invalid(`'tagKeys' is a list of at most ${KEYS_OF_REQUEST_MAX} keys.`);
  }
  const keys = listed.map((key, index) =>
    check.text(`tagKeys.${index + 1}.member`, key, RULES.tagKey, true),
  );
  for (const key of keys) check.notReserved(key ?? '');
  check.done();
  requireTaggable(account, arn);
  const tags = new Map(account.tags(arn));
  for (const key of keys) tags.delete(key ?? '');
  account.putTags(arn, tags);
  return {};
}

/** Answers ListTagsForResource. */
export function listTags(account: Account, body: JsonObject): object {
  const check = new Check();
  const arn = resourceArn(check, body);
  check.done();
  requireTaggable(account, arn);
  return { tags: [...account.tags(arn)].map(([key, value]) => ({ key, value })) };
}

function resourceArn(check: Check, body: JsonObject): string {
  return check.text('resourceARN', body['resourceARN'], RULES.resourceARN, true) ?? '';
}

function requireTaggable(account: Account, arn: string): void {
  if (account.isTaggable(arn)) return;
  if (/:(inference-profile|foundation-model)\//.test(arn)) {
    throw invalid('The provided resource cannot be tagged.');
  }
  throw new Failure('ResourceNotFoundException', 'The provided resource does not exist.', {
    resourceName: arn,
  });
}
