/** The provisioning key: one at a time, shown once. */
import { expect, it } from 'vitest';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { CredentialAuthority } from '../../src/credentials/authority.ts';
import { createProvisioningKey } from '../../src/credentials/provisioning-key.ts';
import { testClock } from '../admin/control-plane.ts';

it('is made once, kept as a hash, and ends when it is replaced', async () => {
  const clock = testClock();
  const parts = { catalog: memoryStore().catalog, clock, ids: systemIds(clock) };
  const authority = new CredentialAuthority(parts);
  const first = await createProvisioningKey(parts);
  expect(await createProvisioningKey(parts)).toBeUndefined();
  expect((await authority.resolve(first ?? '')).kind).toBe('provisioning');
  const kept = JSON.stringify(await parts.catalog.get('setting', 'provisioning_key'));
  expect(kept).not.toContain(first?.slice(4));

  const second = await createProvisioningKey(parts, { replace: true });
  expect((await authority.resolve(first ?? '')).kind).toBe('unknown');
  expect((await authority.resolve(second ?? '')).kind).toBe('provisioning');
});

it('leaves a record of who made and replaced it, without the key or its hash', async () => {
  const clock = testClock();
  const parts = { catalog: memoryStore().catalog, clock, ids: systemIds(clock) };
  await createProvisioningKey(parts, { actor: { kind: 'cli', id: 'ann' } });
  await createProvisioningKey(parts);
  await createProvisioningKey(parts, { replace: true, actor: { kind: 'cli', id: 'bob' } });
  const { records } = await parts.catalog.audit({ limit: 10 });
  const made = { created_at: '2026-11-22T14:33:00.000Z' };
  expect(
    records.map(({ actor, action, before, after }) => [actor.id, action, before, after]),
  ).toEqual([
    ['bob', 'replaceProvisioningKey', made, made],
    ['ann', 'createProvisioningKey', null, made],
  ]);
});
