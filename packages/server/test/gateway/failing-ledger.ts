/** A real ledger that can be made to fail, before or after the write has happened. */
import { StoreUnavailable, type LedgerStore } from '../../src/ports/ledger-store.ts';

/**
 * What fails at the moment. `after-commit`: the write happens, the answer is lost (once).
 * `for-good`: the store works, but cannot carry this out.
 */
export interface Failure {
  reserve: boolean;
  settle: boolean | 'after-commit' | 'for-good';
}

/** Everything but the failures goes to the ledger within. */
export function failingLedger(ledger: LedgerStore, failure: Failure): LedgerStore {
  const failing: Partial<LedgerStore> = {
    reserve: (command) =>
      failure.reserve ? Promise.reject(new StoreUnavailable('disk full')) : ledger.reserve(command),
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
