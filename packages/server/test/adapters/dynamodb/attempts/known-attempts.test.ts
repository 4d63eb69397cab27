/** What a group of commands has read of an attempt may be older than what it finds it to be. */
import { expect, test } from 'vitest';
import { allEntries, reserve, settle, submission } from '@tollkeeper/testkit/conformance/fixtures';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import type { Items } from '../../../../src/adapters/dynamodb/items/items.ts';
import { storesOn } from '../memory-table.ts';

test('a call that ends while it is being reported is known, whatever was read before', async () => {
  const table = new MemoryItems();
  const gateway = storesOn(table);
  let meanwhile: (() => Promise<unknown>) | undefined;
  const transact: Items['transact'] = async (writes, token) => {
    const settling = meanwhile;
    const isReport = writes.some((write) => write.op === 'put' && write.item.sk === 'CALL');
    if (!isReport) return table.transact(writes, token);
    meanwhile = undefined;
    await settling?.();
    return table.transact(writes, token);
  };
  const keeper = storesOn(
    new Proxy(table, {
      get: (of, name) => {
        if (name === 'transact') return transact;
        const member: unknown = Reflect.get(of, name, of);
        return typeof member === 'function' ? (member.bind(of) as unknown) : member;
      },
    }),
  );
  const report = (id: string, aws: string | null, known: string) => ({
    ...submission(id, 5n, { upstream_request_id: aws }),
    instance_id: 'keeper',
    known_as: [id, known],
  });
  // From then on it knows all that it needs besides.
  await keeper.ledger.record(report('first', null, 'none'));
  await gateway.ledger.reserve(reserve('1', 9n, { instance: 'gateway' }));
  meanwhile = () => gateway.ledger.settle(settle('1', 4n, { instance: 'gateway' }));
  // The first one reads the attempt, which is still open; the second one knows it by AWS's id.
  const [byOurs, byTheirs] = await Promise.all([
    keeper.ledger.record(report('a', null, '1')),
    keeper.ledger.record(report('b', 'aws-1', 'aws-1')),
  ]);
  expect(meanwhile).toBeUndefined();
  expect([byOurs, byTheirs]).toMatchObject([
    { kind: 'already', entry: { entry_id: '1' } },
    { kind: 'already', entry: { entry_id: '1' } },
  ]);
  expect(await allEntries(gateway.ledger)).toHaveLength(2);
});
