/** Tags: the limits of AWS to the character, and ours, which nobody moves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  makerTags,
  matchesTags,
  RESERVED_TAGS,
  tagList,
  tagsProblem,
  TAGS_MAX,
  tooMany,
  userTag,
} from '../../src/provisioned/tags.ts';

/** AWS's own pattern, from its service model; `\s` there is that of ASCII. */
const AWS = /^[a-zA-Z0-9 \t\n\v\f\r._:/=+@-]*$/;
const some = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, '']));

describe('tags of a caller', () => {
  it('are good exactly when AWS says so, and they are not ours', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 140 }), fc.string({ maxLength: 270 }), (name, value) => {
        const isOurs = (RESERVED_TAGS as readonly string[]).includes(name);
        const isAws = name.toLowerCase().startsWith('aws:');
        const fits = name.length >= 1 && name.length <= 128 && value.length <= 256;
        const good = fits && AWS.test(name) && AWS.test(value) && !isOurs && !isAws;
        expect(tagsProblem({ [name]: value }) === undefined).toBe(good);
      }),
      { interruptAfterTimeLimit: 1_000, markInterruptAsFailure: false },
    );
  });

  it.each(RESERVED_TAGS)('are never ours: %s', (name) => {
    expect(tagsProblem({ [name]: 'x' })).toMatchObject({ code: 'ValidationException' });
  });

  it.each(['aws:x', 'AWS:x', 'Aws:'])('are never those of AWS: %s', (name) => {
    expect(tagsProblem({ [name]: 'x' })).toMatchObject({ code: 'ValidationException' });
  });

  it('are 50 at most', () => {
    expect(TAGS_MAX).toBe(50);
    expect(tooMany(some(50))).toBeUndefined();
    expect(tooMany(some(51))).toMatchObject({ code: 'TooManyTagsException', status: 400 });
  });
});

describe('the tag of a user', () => {
  it('is one that AWS takes, and another for every other user', () => {
    const subject = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
    fc.assert(
      fc.property(subject, subject, (one, other) => {
        if (!one.isWellFormed() || !other.isWellFormed()) return;
        expect(userTag(one)).toMatch(AWS);
        expect(userTag(one) === userTag(other)).toBe(one === other);
      }),
      { interruptAfterTimeLimit: 1_000, markInterruptAsFailure: false },
    );
  });

  it('is the subject itself where AWS takes that, and readable where not', () => {
    expect(userTag('aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee')).toBe(
      'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
    );
    expect(userTag('auth0|123')).toBe('auth0=7C123');
    expect(userTag('a=b')).toBe('a=3Db');
    expect(userTag("o'neil(ä)")).toBe('o=27neil=28=C3=A4=29');
  });
});

it('who made something, when and by what are four tags, or three without a user', () => {
  const maker = { createdBy: 'A', source: 'b', at: Date.UTC(2026, 10, 22, 14, 33) };
  expect(makerTags({ ...maker, userId: 'ada' })).toEqual({
    ...{ CreatedBy: 'A', Source: 'b', userId: 'ada' },
    CreatedAt: '2026-11-22T14:33:00.000Z',
  });
  expect(makerTags({ ...maker, userId: null })).not.toHaveProperty('userId');
});

it('the same tags are the same list, in whatever order they came', () => {
  expect(tagList({ b: '2', a: '1' })).toEqual(tagList({ a: '1', b: '2' }));
});

it('a filter wants every value and every name', () => {
  const tags = { project: 'one', userId: 'ada' };
  expect(matchesTags(tags, { tags: {}, names: [] })).toBe(true);
  expect(matchesTags(tags, { tags: { project: 'one' }, names: ['userId'] })).toBe(true);
  expect(matchesTags(tags, { tags: { project: 'two' }, names: [] })).toBe(false);
  expect(matchesTags(tags, { tags: {}, names: ['toString'] })).toBe(false);
});
