/**
 * A process that changes documents and budgets, each with its record, until it is killed.
 * Arguments: the file. Prints a line for every ten changes that are durable.
 */
import { budget, NOON } from '@tollkeeper/testkit/conformance/fixtures';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';

const [path = ''] = process.argv.slice(2);
const { catalog, ledger } = await openSqliteStore({
  path,
  onFatal: (error) => {
    throw error;
  },
});

/** What every record has in common here. */
function stampOf(number: number) {
  return {
    audit_id: `record-${number}`,
    at: NOON,
    actor: { kind: 'cli', id: 'changer' },
    action: 'change',
    request_id: null,
    source_ip: null,
  } as const;
}

async function change(number: number): Promise<unknown> {
  const id = `document-${number % 7}`;
  if (number % 5 === 0) {
    const amount = BigInt(number) * 1_000_000_000_000n;
    return ledger.putBudget({ budget: budget({ amount }), at: NOON, audit: stampOf(number) });
  }
  const audit = {
    ...stampOf(number),
    resource: 'grant',
    resource_id: id,
    org_id: null,
    before: null,
    after: { number },
  };
  return catalog.put({ kind: 'grant', id, parent: '', value: { number }, audit });
}

process.stdout.write('ready\n');
for (let number = 1; ; number += 10) {
  await Promise.all(Array.from({ length: 10 }, (_, i) => change(number + i)));
  process.stdout.write(`${number + 9}\n`);
}
