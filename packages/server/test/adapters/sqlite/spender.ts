/**
 * A process of its own that spends from the budget of a test's ledger, many calls at once: each
 * reserves
 * 10 and settles 4.
 *
 *     node spender.ts <store> <instances> <instance id> <calls>
 *
 * Prints `ready` and waits for anything on its standard input; prints `spending` once holds are
 * open, and when it is done one line of JSON: how many attempts were settled. It ends when the
 * budget is spent or the number of calls is reached.
 */
import { once } from 'node:events';
import { reserve, settle } from '@tollkeeper/testkit/conformance/fixtures';
import { openInstanceLocks } from '../../../src/adapters/sqlite/instance-lock.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';

const CALLERS = 16;
const [path = '', instances = '', instance = '', calls = '0'] = process.argv.slice(2);

const locks = await openInstanceLocks(instances, instance);
const { ledger } = await openSqliteStore({
  path,
  onFatal: (error) => {
    throw error;
  },
});
console.log('ready');
await once(process.stdin, 'data');
let next = 0;
let spending = false;
let settled = 0;

async function call(): Promise<void> {
  while (next < Number(calls)) {
    const attempt = `${instance}-${(next += 1)}`;
    const reserved = await ledger.reserve(reserve(attempt, 10n, { instance }));
    if (reserved.kind === 'refused') {
      if (reserved.blocking.some((blocking) => blocking.reason === 'spent')) return;
      continue;
    }
    if (!spending) console.log('spending');
    spending = true;
    const answer = await ledger.settle(settle(attempt, 4n, { instance }));
    if (answer.kind === 'settled') settled += 1;
  }
}

await Promise.all(Array.from({ length: CALLERS }, call));
console.log(JSON.stringify({ settled }));
await ledger.close();
locks.release();
