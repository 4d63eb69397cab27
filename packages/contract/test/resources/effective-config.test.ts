/** The effective configuration: read by clients and by the provisioning key, and never written. */
import { expect, it } from 'vitest';
import { OPERATION_NAMES, operation } from '../../src/operations.ts';
import { resultProblems } from '../../src/validation.ts';

it.each([
  ['getEffectiveConfig', '/api/v1/orgs/{org_id}/config'],
  ['getEffectiveApplicationConfig', '/api/v1/orgs/{org_id}/apps/{app_id}/config'],
] as const)('%s is for clients and for the provisioning key', (name, path) => {
  expect(operation(name)).toMatchObject({ path, access: 'client', alsoProvisioning: true });
  const methods = OPERATION_NAMES.map(operation).filter((each) => each.path === path);
  expect(methods.map(({ method }) => method)).toEqual(['GET']);
});

it('names a source for every value, so that none can be forgotten', () => {
  const problems = resultProblems('getEffectiveConfig', {
    ...{ org_id: '3f2c1b0a-1111-4222-8333-123456789abc', app_id: null, app_registered: false },
    ...{ configuration: {}, sources: {}, labels: {} },
  });
  const missing = (part: string): readonly string[] =>
    problems
      .filter(({ member }) => member.startsWith(`result.${part}.`))
      .map(({ member }) => member.slice(`result.${part}.`.length));
  expect(missing('sources')).toEqual(missing('configuration'));
  expect(missing('sources')).toContain('quotas');
});
