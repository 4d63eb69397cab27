/**
 * A process of its own that takes up the re-rating that it finds in a store, and says of every
 * correction that it is durable, until it has ended or is killed.
 *
 *     node rerate-process.ts <store>
 */
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { Rerates } from '../../src/jobs/rerate.ts';
import type { LedgerStore } from '../../src/ports/ledger-store.ts';
import { openPrices } from './rerate-world.ts';

const [path = ''] = process.argv.slice(2);
const stores = await openSqliteStore({
  path,
  onFatal: (error) => {
    throw error;
  },
});
const clock = systemClock();
const { ledger, catalog } = stores;
const record: LedgerStore['record'] = async (command) => {
  const recorded = await ledger.record(command);
  console.log(recorded.kind);
  return recorded;
};
const telling = new Proxy(ledger, {
  get(target, name) {
    if (name === 'record') return record;
    const value: unknown = Reflect.get(target, name);
    return typeof value === 'function' ? (value.bind(target) as unknown) : value;
  },
});
const prices = await openPrices(stores, clock);
const rerates = new Rerates({
  instanceId: 'victim',
  ledger: telling,
  catalog,
  clock,
  ids: systemIds(clock),
  log: () => undefined,
  prices,
});
await rerates.takeUp();
// Alive until it is killed, or the re-rating has ended and somebody closes the input.
process.stdin.resume();
