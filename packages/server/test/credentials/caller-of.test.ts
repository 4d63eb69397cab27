/** What a caller is put together from. */
import { expect, it } from 'vitest';
import { memoryCatalog } from '../../src/adapters/memory/catalog.ts';
import { effectivePolicy, grantsOf } from '../../src/credentials/caller-of.ts';

it('every grant of an organization is found, beyond one page, and none of another', async () => {
  const catalog = memoryCatalog();
  const put = (org: string, n: number) => {
    const id = `g${String(n).padStart(3, '0')}`;
    const value = { org_id: org, grant_id: id, kind: 'model', value: 'm', region: null };
    return catalog.put({ kind: 'grant', id: `${org}/${id}`, parent: org, value });
  };
  for (let n = 0; n < 450; n++) await put('ours', n);
  await put('theirs', 1);
  const grants = await grantsOf(catalog, 'ours');
  expect(grants).toHaveLength(450);
  expect(grants[449]).toEqual({ grant_id: 'g449', kind: 'model', value: 'm', region: null });
});

it('a policy is the key’s, then the organization’s, then the product’s', () => {
  const key = { policy: { unpriced: 'flag' } } as const;
  const organization = { key_policy: { unpriced: 'refuse', cost_headers: false } } as const;
  expect(effectivePolicy(key, organization)).toEqual({
    cost_headers: false,
    user_header: null,
    unpriced: 'flag',
    unbounded: 'refuse',
    untraced_guardrail: 'estimate',
  });
});
