/** A real ledger that can be made to fail, before or after the write has happened. */
import { StoreUnavailable, type LedgerStore } from '../../src/ports/ledger-store.ts';

/**
 * What fails at the moment. `after-commit`: the write happens, the answer is lost (once).
 * `asked-again`: the same, and the store asks itself once more, which finds what it wrote.
 * `refused-after`: the write happens, and then something fails that no repetition mends.
 * `for-good`: the store works, but cannot carry this out.
 */
export interface Failure {
  reserve: boolean | 'asked-again' | 'refused-after';
  settle: boolean | 'after-commit' | 'for-good';
}

/** Everything but the failures goes to the ledger within. */
export function failingLedger(ledger: LedgerStore, failure: Failure): LedgerStore {
  const failing: Partial<LedgerStore> = {
    reserve: async (command) => {
      if (failure.reserve === true) throw new StoreUnavailable('disk full');
      if (failure.reserve === 'asked-again') await ledger.reserve(command);
      const reserved = await ledger.reserve(command);
      if (failure.reserve === 'refused-after') throw new Error('It cannot be carried out.');
      return reserved;
    },
    settle: async (command) => {
      if (failure.settle === true) throw new StoreUnavailable('disk full');
      if (failure.settle === 'for-good') throw new Error('It cannot be carried out.');
      const settled = await ledger.settle(command);
      if (failure.settle === 'after-commit') {
        failure.settle = false;
        throw new StoreUnavailable('answer lost');
      }
      return settled;
    },
  };
  return new Proxy(ledger, {
    get(target, name) {
      const replaced = failing[name as keyof LedgerStore];
      if (replaced !== undefined) return replaced;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
