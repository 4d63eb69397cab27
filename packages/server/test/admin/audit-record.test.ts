/** What a record may show of what was changed. */
import { expect, it } from 'vitest';
import { withoutSecrets } from '../../src/admin/audit-record.ts';

it('leaves out whatever could be a secret or its hash, at any depth', () => {
  const shown = { key_id: 'k', revoked_at: null, tokens_per_minute: 5, list: [1, null, 'x'] };
  const secrets = { hash: 'h', secret: 's', secret_access_key: 's', token: 't', api_key: 'a' };
  expect(withoutSecrets({ ...shown, ...secrets, inner: [{ ...shown, ...secrets }] })).toEqual({
    ...shown,
    inner: [shown],
  });
});

it('leaves values that are no objects as they are', () => {
  expect([1, 'a', null, true].map(withoutSecrets)).toEqual([1, 'a', null, true]);
  expect(withoutSecrets(undefined)).toBeUndefined();
});
