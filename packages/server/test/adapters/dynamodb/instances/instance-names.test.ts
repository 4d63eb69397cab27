/** Commands of an instance go under its name; who is asked about by name is left as named. */
import { expect, test } from 'vitest';
import { underNames } from '../../../../src/adapters/dynamodb/instances/instance-names.ts';
import type { LeasingLedger } from '../../../../src/ports/leasing-ledger.ts';

const OF_INSTANCES = [
  'reserve',
  'reserveLeased',
  'settle',
  'settleLeased',
  'record',
  'recordLeased',
  'takeLease',
  'returnLease',
] as const;

test('commands go under the name of the moment, recovery under the one it was told', async () => {
  const told: unknown[] = [];
  const ledger = new Proxy({} as LeasingLedger, {
    get: (_, method) => (asked: { instance_id?: string } | string) => {
      told.push([method, typeof asked === 'string' ? asked : asked.instance_id]);
    },
    ownKeys: () => ['holds', 'endLeases'],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  });
  let name = 'a';
  const named = underNames(ledger, (id) => (id === 'a' ? name : id));
  name = 'other';
  for (const method of OF_INSTANCES) await named[method]({ instance_id: 'a' } as never);
  await named.leases('a');
  await named.holds('a');
  await named.endLeases('a');
  expect(told).toEqual([
    ...OF_INSTANCES.map((method) => [method, 'other']),
    ['leases', 'other'],
    ['holds', 'a'],
    ['endLeases', 'a'],
  ]);
});
