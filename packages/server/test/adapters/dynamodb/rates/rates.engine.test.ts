/** Limits shared by processes over an engine of DynamoDB: nothing of the table is made up here. */
import { startDynamoEngine, type DynamoEngine } from '@tollkeeper/testkit/dynamo-engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  openDynamoRates,
  openTable,
  tableName,
  type OpenTable,
} from '../../../../src/adapters/dynamodb/index.ts';
import { systemClock } from '../../../../src/adapters/system/clock.ts';
import { systemIds } from '../../../../src/adapters/system/ids.ts';
import type { RateStore } from '../../../../src/ports/rate-store.ts';
import { aTake, party } from '../../rate-conformance.ts';

let engine: DynamoEngine;

beforeAll(async () => {
  engine = await startDynamoEngine('dynoxide');
});
afterAll(() => engine.stop());

test('three processes at once admit no more than the limit, and what is left then', async () => {
  const clock = systemClock();
  const place = { region: 'us-east-1', endpoint: engine.endpoint, table: tableName('rates-') };
  const tables = [0, 1, 2].map(() => openTable(place, clock));
  await tables[0]?.init();
  const open = ({ items }: OpenTable) =>
    openDynamoRates({ items, clock, ids: systemIds(clock), random: Math.random });
  const stores = tables.map(open);
  const limits = { requests_per_minute: 90, tokens_per_minute: 9_000, concurrent_requests: 60 };
  const parties = [party('org', limits)];
  const at = clock.now();
  const rule = { limit: 70, length_ms: 3_600_000 };
  const take = async (store: RateStore, who: number): Promise<boolean> => {
    const by = { instance_id: `instance-${who}`, tokens: 100, at };
    return (await store.take(aTake(parties, by))).kind === 'admitted';
  };
  const count = async (store: RateStore): Promise<boolean> =>
    (await store.count('key', rule, at)).admitted;
  const many = Array.from({ length: 20 }).flatMap(() => stores);
  const taken = await Promise.all(many.map((store, call) => take(store, call % 3)));
  expect(taken.filter(Boolean).length).toBeGreaterThan(30);
  expect(taken.filter(Boolean).length).toBeLessThanOrEqual(60);
  const counted = (await Promise.all([...many, ...many].map(count))).filter(Boolean).length;
  expect(counted).toBeLessThanOrEqual(70);

  // What they have left goes back when they end: who comes then gets all of it.
  const [first, ...others] = tables;
  if (first === undefined) throw new Error('There are three tables.');
  for (const store of stores) await store.close();
  const late = open(first);
  const rest = await Promise.all(Array.from({ length: 70 }, () => count(late)));
  expect(counted + rest.filter(Boolean).length).toBe(70);
  const instances = ['instance-0', 'instance-1', 'instance-2'];
  expect([...(await late.instances())].sort()).toEqual(instances);
  for (const instance of instances) await late.endInstance(instance);
  expect(await late.instances()).toEqual([]);
  await late.close();
  await Promise.all([first, ...others].map(({ items }) => items.close()));
});
