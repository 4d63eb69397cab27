/** Changes of the catalogue: never over one that came in between. */
import { afterEach, expect, it } from 'vitest';
import { replace, withdraw } from '../../src/admin/catalog-change.ts';
import type { AdminDependencies } from '../../src/admin/dependencies.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';

let plane: ControlPlane;
afterEach(() => plane.close());

const place = { kind: 'setting', id: 'counter', parent: '' } as const;
const origin = { action: 'putOrganization', request_id: 'r', source_ip: '127.0.0.1' } as const;
const change = { visitor: { kind: 'provisioning', origin }, org_id: null } as const;

function dependencies(): AdminDependencies {
  const { catalog, credentials, people, oauth, clock, ids } = plane;
  // `replace` uses no other parts.
  return {
    catalog,
    credentials,
    people,
    oauth,
    clock,
    ids,
    onCatalogChanged: () => undefined,
  } as unknown as AdminDependencies;
}

it('loses no change of two that happen at once', async () => {
  plane = await startControlPlane();
  const deps = dependencies();
  const raise = () => replace<number>(deps, place, change, (before = 0) => before + 1);
  const results = await Promise.all(Array.from({ length: 12 }, raise));
  expect(results.map(({ record }) => record).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  expect(results.filter(({ created }) => created)).toHaveLength(1);
  // Each record says truly what was there before: together they are one chain without a gap.
  const { records } = await plane.catalog.audit({ limit: 100, resource_id: 'counter' });
  const steps = records.map(({ before, after }) => [before, after]);
  expect(steps.toReversed()).toEqual(
    Array.from({ length: 12 }, (_, i) => [i === 0 ? null : i, i + 1]),
  );
});

it('gives up with 503 rather than try for ever', async () => {
  plane = await startControlPlane();
  const conflict = () => Promise.resolve({ kind: 'conflict', revision: 1 } as const);
  const deps = { ...dependencies(), catalog: { ...plane.catalog, put: conflict } };
  await expect(replace(deps, place, change, () => 1)).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  });
});

it('writes nothing when the change is refused', async () => {
  plane = await startControlPlane();
  const refuse = () => {
    throw new Error('no');
  };
  await expect(replace(dependencies(), place, change, refuse)).rejects.toThrow('no');
  expect(await plane.catalog.get('setting', 'counter')).toBeUndefined();
});

it('of two that remove the same, one does, and leaves the one record', async () => {
  plane = await startControlPlane();
  const deps = dependencies();
  await replace<number>(deps, place, change, () => 1);
  const remove = () => withdraw(deps, place, change, 'The counter');
  const results = await Promise.allSettled([remove(), remove()]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  await expect(remove()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const { records } = await plane.catalog.audit({ limit: 1, resource_id: 'counter' });
  expect(records).toMatchObject([{ before: 1, after: null }]);
  const all = await plane.catalog.audit({ limit: 9, resource_id: 'counter' });
  expect(all.records).toHaveLength(2);
});
