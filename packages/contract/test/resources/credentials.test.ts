/** Rotation and retrieval of secrets: what may be stated of them. */
import { expect, it } from 'vitest';
import { parserOf } from '../../src/validation.ts';

const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';

it('takes graces of whole hours from none to a week', () => {
  const parse = parserOf('rotateOrganizationSecret');
  const kind = (grace_period_hours: unknown) =>
    parse({ params: { org_id: ORG }, query: {}, body: { grace_period_hours } }).kind;
  expect([0, 1, 168, null].map(kind)).toEqual(Array(4).fill('request'));
  expect([-1, 169, 0.5, '1'].map(kind)).toEqual(Array(4).fill('problems'));
  expect(parse({ params: { org_id: ORG }, query: {}, body: undefined }).kind).toBe('request');
});

it('takes any token for a retrieval, as what is wrong with it is not for the form to say', () => {
  const parse = parserOf('getOrganizationSecret');
  const kind = (query: object) => parse({ params: { org_id: ORG }, query, body: undefined }).kind;
  expect(kind({ token: 'whatever' })).toBe('request');
  expect([kind({}), kind({ token: '' }), kind({ token: ['a', 'b'] })]).toEqual(
    Array(3).fill('problems'),
  );
});
