/** Model selection: who may ask, and what may be asked. */
import { expect, it } from 'vitest';
import { operation } from '../../src/operations.ts';
import { parserOf } from '../../src/validation.ts';

const params = { org_id: '3f2c1b0a-1111-4222-8333-123456789abc', app_id: 'web' };

it('is for clients whose token is good for it, within a rate of its own', () => {
  expect(operation('selectModel')).toMatchObject({
    path: '/api/v1/orgs/{org_id}/apps/{app_id}/model-selection',
    access: 'client',
    scope: 'read:model-selection',
    rate: 'model_selection',
  });
});

it('takes force_check as true or false and nothing else', () => {
  const kind = (query: object): string =>
    parserOf('selectModel')({ params, query, body: undefined }).kind;
  expect([{}, { force_check: 'true' }, { force_check: 'false' }].map(kind)).toEqual(
    Array(3).fill('request'),
  );
  expect([{ force_check: 'soon' }, { other: 'true' }].map(kind)).toEqual(Array(2).fill('problems'));
});
