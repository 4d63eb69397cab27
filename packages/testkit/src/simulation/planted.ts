/**
 * Faults that somebody could make in the code under test, put in from outside: each is a wrapper
 * around a port. The simulation has to find every one of them; a test sees to it that it does.
 */
import type { Item, Items, Write } from '@tollkeeper/server/dynamodb';
import type {
  InstanceLocks,
  LeasingLedger,
  LedgerStore,
  RateStore,
} from '@tollkeeper/server/inside';

/** What of a life is wrapped. */
export interface Planted {
  readonly items?: (items: Items) => Items;
  readonly leasing?: (inner: LeasingLedger) => LeasingLedger;
  readonly ledger?: (ledger: LedgerStore) => LedgerStore;
  readonly rates?: (rates: RateStore) => RateStore;
  /** `others`: instances that have been started so far. */
  readonly locks?: (locks: InstanceLocks, others: () => readonly string[]) => InstanceLocks;
}

export type PlantedName =
  | 'return a lease twice'
  | 'settle outside of the transaction'
  | 'forget the intent'
  | 'ignore the epoch'
  | 'recover a live process'
  | 'name excess without a cause'
  | 'hold less than a call can cost'
  | 'hold in all budgets but one'
  | 'admit beyond a limit of rates'
  | 'let entries expire'
  | 'forget which call was submitted';

export const PLANTED: Readonly<Record<PlantedName, Planted>> = {
  'return a lease twice': {
    leasing: (inner) =>
      wrap(inner, {
        returnLease: async (command) => {
          await inner.returnLease(command);
          if (!command.ends) await inner.returnLease(command);
        },
      }),
  },
  'settle outside of the transaction': {
    items: (items) =>
      wrap(items, {
        transact: async (writes, token) => {
          const isBalance = (write: Write): boolean =>
            write.op === 'put' && write.item.pk.startsWith('$#');
          if (!writes.some((write) => write.op === 'put' && write.item.pk.startsWith('E#'))) {
            return items.transact(writes, token);
          }
          const others = writes.filter((write) => !isBalance(write));
          const done = await items.transact(others, token);
          if (done.kind === 'committed') await items.writeEach(writes.filter(isBalance));
          return done;
        },
      }),
  },
  'forget the intent': {
    ledger: (ledger) => {
      let calls = 0;
      return wrap(ledger, {
        reserve: async (command) => {
          calls += 1;
          return calls % 10 === 0 ? { kind: 'held', states: [] } : ledger.reserve(command);
        },
      });
    },
  },
  'ignore the epoch': {
    items: (items) =>
      wrap(items, {
        transact: (writes, token) =>
          items.transact(
            writes.filter((write) => write.condition?.kind !== 'unfenced'),
            token,
          ),
      }),
  },
  'recover a live process': {
    locks: (locks, others) => wrap(locks, { dead: async () => others() }),
  },
  'name excess without a cause': {
    items: (items) =>
      written(items, (item) =>
        item.pk.startsWith('$#') && item.sk === 'BALANCE' && item.posted !== undefined
          ? { ...item, submitted: '1000000' }
          : item,
      ),
  },
  'hold less than a call can cost': {
    ledger: (ledger) =>
      wrap(ledger, {
        reserve: (command) => {
          const { usd, tokens, requests } = command.amounts;
          return ledger.reserve({ ...command, amounts: { usd: usd / 3n, tokens, requests } });
        },
      }),
  },
  'hold in all budgets but one': {
    items: (items) =>
      written(items, (item) => {
        if (typeof item.intent !== 'string') return item;
        const intent = JSON.parse(item.intent) as unknown[];
        const held = intent[HELD] as unknown[];
        return { ...item, intent: JSON.stringify(intent.with(HELD, held.slice(1))) };
      }),
  },
  'admit beyond a limit of rates': {
    rates: (rates) =>
      wrap(rates, {
        take: async (command) => {
          const taken = await rates.take(command);
          if (taken.kind === 'admitted') return taken;
          return { kind: 'admitted', charged: command.parties.map(() => 0) };
        },
      }),
  },
  'let entries expire': {
    items: (items) =>
      written(items, (item) => (item.pk.startsWith('E#') ? { ...item, ttl: 1 } : item)),
  },
  'forget which call was submitted': {
    items: (items) =>
      written(items, (item) =>
        item.sk === 'CALL' && item.submission !== undefined
          ? { ...item, submission: 'another' }
          : item,
      ),
  },
};

/** Where the array of an intent says what it holds. */
const HELD = 9;

/** Items that are written as something else makes of them. */
function written(items: Items, as: (item: Item) => Item): Items {
  const made = (write: Write): Write =>
    write.op === 'put' ? { ...write, item: as(write.item) } : write;
  return wrap(items, { transact: (writes, token) => items.transact(writes.map(made), token) });
}

/** The same object, but for some members. */
function wrap<T extends object>(inner: T, changed: Partial<T>): T {
  return new Proxy(inner, {
    get(of, name) {
      const own: unknown = Reflect.get(changed, name);
      if (own !== undefined) return own;
      const member: unknown = Reflect.get(of, name, of);
      return typeof member === 'function' ? (member.bind(of) as unknown) : member;
    },
  });
}
