/** One store, one name, whoever comes first. */
import { expect, test } from 'vitest';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { gatewayIdOf } from '../../src/gateway/gateway-id.ts';

const ids = systemIds(virtualClock());

test('the name is made once and read ever after', async () => {
  const { catalog } = memoryStore();
  const made = await gatewayIdOf(catalog, ids);
  expect(made).toMatch(/^[0-9a-f-]{36}$/);
  expect(await gatewayIdOf(catalog, ids)).toBe(made);
});

test('of many processes that start at once on an empty store, all get the same name', async () => {
  const { catalog } = memoryStore();
  const names = await Promise.all(Array.from({ length: 20 }, () => gatewayIdOf(catalog, ids)));
  expect(new Set(names).size).toBe(1);
});

test('two stores have two names', async () => {
  const one = await gatewayIdOf(memoryStore().catalog, ids);
  expect(await gatewayIdOf(memoryStore().catalog, ids)).not.toBe(one);
});
