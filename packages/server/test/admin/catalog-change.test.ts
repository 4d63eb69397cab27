/** Changes of the catalogue: never over one that came in between. */
import { afterEach, expect, it } from 'vitest';
import { replace } from '../../src/admin/catalog-change.ts';
import type { AdminDependencies } from '../../src/admin/dependencies.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';

let plane: ControlPlane;
afterEach(() => plane.close());

const place = { kind: 'setting', id: 'counter', parent: '' } as const;

function dependencies(): AdminDependencies {
  const { catalog, credentials } = plane;
  // `replace` uses no other parts.
  return {
    catalog,
    credentials,
    onCatalogChanged: () => undefined,
  } as unknown as AdminDependencies;
}

it('loses no change of two that happen at once', async () => {
  plane = await startControlPlane();
  const deps = dependencies();
  const raise = () => replace<number>(deps, place, (before = 0) => before + 1);
  const results = await Promise.all(Array.from({ length: 12 }, raise));
  expect(results.map(({ record }) => record).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  expect(results.filter(({ created }) => created)).toHaveLength(1);
});

it('gives up with 503 rather than try for ever', async () => {
  plane = await startControlPlane();
  const conflict = () => Promise.resolve({ kind: 'conflict', revision: 1 } as const);
  const deps = { ...dependencies(), catalog: { ...plane.catalog, put: conflict } };
  await expect(replace(deps, place, () => 1)).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
  });
});

it('writes nothing when the change is refused', async () => {
  plane = await startControlPlane();
  const refuse = () => {
    throw new Error('no');
  };
  await expect(replace(dependencies(), place, refuse)).rejects.toThrow('no');
  expect(await plane.catalog.get('setting', 'counter')).toBeUndefined();
});
