/** Aggregates: four paths that read, for clients alone, limited together. */
import { expect, test } from 'vitest';
import { operation, OPERATION_NAMES } from '../../src/index.ts';

test('pages are there for organizations and applications, for today and any day', () => {
  const pages = OPERATION_NAMES.map(operation).filter(({ path }) => path.includes('/aggregates/'));
  expect(pages.map(({ path }) => path)).toEqual([
    '/api/v1/orgs/{org_id}/aggregates/today',
    '/api/v1/orgs/{org_id}/aggregates/{date}',
    '/api/v1/orgs/{org_id}/apps/{app_id}/aggregates/today',
    '/api/v1/orgs/{org_id}/apps/{app_id}/aggregates/{date}',
  ]);
  for (const { method, access, scope, rate, success } of pages) {
    expect([method, access, scope, rate, success]).toEqual([
      ...['GET', 'client', 'read:aggregates', 'aggregates', [200]],
    ]);
  }
});
