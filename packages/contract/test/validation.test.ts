/** Parsing of requests: what passes is as declared, what does not is named. */
import { describe, expect, it } from 'vitest';
import { bodyParserOf, parserOf, resultProblems, type RawRequest } from '../src/validation.ts';

const ORG = '0199a0b0-0000-7000-8000-00000000000a';
const raw = (over: Partial<RawRequest>): RawRequest => ({
  params: {},
  query: {},
  body: undefined,
  ...over,
});

describe('a parser', () => {
  it('turns the words of a query into what they are declared to be', () => {
    const parsed = parserOf('listEntries')(raw({ query: { limit: '12', org_id: ORG } }));
    expect(parsed).toMatchObject({
      kind: 'request',
      request: { query: { limit: 12, org_id: ORG } },
    });
  });

  it('does not guess: a body keeps its types, and a word that is no number is refused', () => {
    const limit = parserOf('listEntries')(raw({ query: { limit: 'many' } }));
    expect(limit).toMatchObject({ problems: [{ member: 'query.limit' }] });
    const body = { org_name: 5 };
    const org = parserOf('putOrganization')(raw({ params: { org_id: ORG }, body }));
    expect(org).toMatchObject({
      problems: [{ member: 'body.org_name', problem: 'must be string' }],
    });
  });

  it.each([
    ['from', 'yesterday', 'must be a time as in RFC 3339, such as 2026-11-22T14:33:00Z'],
    [
      'key_id',
      'x',
      'must be the key_id of a key: 16 letters and digits, as in tk_<key_id>_..., or, of an ' +
        'access key, those after TKIA in lower case',
    ],
    ['org_id', 'acme', 'must be a UUID, such as 3f2c1b0a-1111-4222-8333-123456789abc'],
  ])('says of %s in words, not by a pattern, what it must be', (name, value, problem) => {
    const parsed = parserOf('listEntries')(raw({ query: { [name]: value } }));
    expect(parsed).toEqual({ kind: 'problems', problems: [{ member: `query.${name}`, problem }] });
  });

  it('names the keys that sums can be grouped by', () => {
    const parsed = parserOf('summarizeUsage')(raw({ query: { group_by: 'colour' } }));
    expect(JSON.stringify(parsed)).toContain(
      'must be some of these, separated by commas: org_id, app_id, user_id, key_id, label, ' +
        'model_id, region, tier, source, day, hour',
    );
  });

  it('takes a missing body for an empty one', () => {
    const parsed = parserOf('putOrganization')(raw({ params: { org_id: ORG } }));
    expect(parsed).toMatchObject({ kind: 'request', request: { body: {} } });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'x'],
    ['a list', []],
    ['a number', 5],
  ])('refuses %s as a body', (_, body) => {
    const parsed = parserOf('putBudget')(raw({ params: { budget_id: 'b' }, body }));
    expect(parsed.kind).toBe('problems');
  });

  it('takes an optional member that is null for one that is left out, at every depth', () => {
    const params = { org_id: ORG, app_id: 'app' };
    const overrides = { tight_mode_threshold_pct: 90, refresh_interval_secs: null };
    const body = { app_name: 'App', model_ordering: null, quotas: null, overrides };
    expect(parserOf('putApplication')(raw({ params, body }))).toMatchObject({
      kind: 'request',
      request: { body: { app_name: 'App', overrides: { tight_mode_threshold_pct: 90 } } },
    });
    expect(body.quotas).toBeNull();
    expect(bodyParserOf('putApplication')(body)).toEqual({
      kind: 'body',
      body: { app_name: 'App', overrides: { tight_mode_threshold_pct: 90 } },
    });
  });

  it('refuses null where something has to be said, and for members that it does not know', () => {
    const limit = { unit: 'usd', amount: '1' };
    const body = { scope: null, window: 'day', limit: { ...limit, amount: null } };
    expect(parserOf('putBudget')(raw({ params: { budget_id: 'b' }, body })).kind).toBe('problems');
    expect(bodyParserOf('putApplication')({ app_name: 'A', quotas: { a: null } })).toMatchObject({
      problems: [{ member: 'body.quotas.a' }],
    });
    expect(bodyParserOf('putApplication')({ app_name: 'A', colour: null })).toMatchObject({
      problems: [{ member: 'body.colour', problem: 'is not known here' }],
    });
  });

  it('names all that is missing and all that is too much, at every depth', () => {
    const body = { scope: { type: 'organization', org: 1 }, limit: {}, colour: 'red' };
    const parsed = parserOf('putBudget')(raw({ params: { budget_id: 'b' }, body }));
    const members = parsed.kind === 'problems' ? parsed.problems.map(({ member }) => member) : [];
    expect(members.toSorted()).toEqual([
      'body.colour',
      'body.limit.amount',
      'body.limit.unit',
      'body.scope.org',
      'body.scope.org_id',
      'body.window',
    ]);
  });

  it('says which words are allowed', () => {
    const params = { org_id: ORG, grant_id: 'g' };
    const parsed = parserOf('putGrant')(raw({ params, body: { kind: 'sns', value: 'x' } }));
    expect(parsed).toMatchObject({
      problems: [{ member: 'body.kind', problem: 'must be one of: arn, s3_prefix, model' }],
    });
  });

  it('refuses a query where none is taken, and members of GET bodies', () => {
    const params = { org_id: ORG };
    const query = { verbose: '1' };
    expect(parserOf('getOrganization')(raw({ params, query }))).toMatchObject({
      problems: [{ member: 'query.verbose', problem: 'is not known here' }],
    });
    expect(parserOf('getOrganization')(raw({ params, body: { a: 1 } })).kind).toBe('problems');
  });

  it('keeps what it repeats of a caller within bounds', () => {
    const body = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`${i}${'x'.repeat(1000)}`, 1]),
    );
    const parsed = parserOf('putOrganization')(raw({ params: { org_id: ORG }, body }));
    expect(parsed.kind).toBe('problems');
    expect(JSON.stringify(parsed).length).toBeLessThan(5000);
  });

  it('is not fooled by members of every object', () => {
    const body = JSON.parse('{"constructor":1,"toString":2}') as object;
    const parsed = parserOf('putOrganization')(raw({ params: { org_id: ORG }, body }));
    expect(parsed).toMatchObject({
      problems: [{ member: 'body.constructor' }, { member: 'body.toString' }],
    });
  });
});

describe('resultProblems', () => {
  it('tells a right answer from a wrong one', () => {
    expect(resultProblems('createKey', { key_id: 'aaaaaaaaaaaaaaaa', api_key: 't' })).toEqual([]);
    expect(resultProblems('createKey', { key_id: 'aaaaaaaaaaaaaaaa' })).toEqual([
      { member: 'result.api_key', problem: 'is missing' },
    ]);
    expect(resultProblems('revokeKey', undefined)).toEqual([]);
    expect(resultProblems('revokeKey', {})).toHaveLength(1);
  });
});

describe('a parser of bodies', () => {
  it('judges a body as the parser of whole requests does', () => {
    const good = { app_name: 'App' };
    for (const body of [good, {}, undefined, null, 5, { app_name: 5 }, { app_name: 'A', x: 1 }]) {
      const params = { org_id: ORG, app_id: 'app' };
      const whole = parserOf('putApplication')(raw({ params, body }));
      const alone = bodyParserOf('putApplication')(body);
      expect(alone.kind === 'body').toBe(whole.kind === 'request');
      if (alone.kind === 'problems') expect(whole).toEqual(alone);
    }
  });
});
