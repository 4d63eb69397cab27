/** The audit log of the file: never changed, and in step with the changes also after a kill. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { budget, NOON } from '@tollkeeper/testkit/conformance/fixtures';
import type { AuditRecord } from '../../../src/ports/audit.ts';
import { Scratch } from './scratch.ts';

const STAMP = {
  audit_id: 'a',
  at: NOON,
  actor: { kind: 'cli', id: 'ann' },
  action: 'putBudget',
  request_id: null,
  source_ip: null,
} as const;

test('the file itself refuses to change or remove a record', async () => {
  await using scratch = new Scratch();
  const { ledger, catalog } = await scratch.open();
  await ledger.putBudget({ budget: budget(), at: NOON, audit: STAMP });
  using database = new DatabaseSync(scratch.path);
  expect(() => database.exec("UPDATE audit SET body = '{}'")).toThrow(/never changed/);
  expect(() => database.exec('DELETE FROM audit')).toThrow(/never removed/);
  expect((await catalog.audit({ limit: 9 })).records).toMatchObject([STAMP]);
});

/** Runs `changer.ts` on the file and kills it after so many of its lines. */
async function killedAfter(path: string, lines: number): Promise<void> {
  const program = fileURLToPath(new URL('changer.ts', import.meta.url));
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let seen = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    seen += 1;
    if (seen === lines) child.kill('SIGKILL');
  }
  await exited;
}

test('after a kill every change has its record, and every record its change', async () => {
  await using scratch = new Scratch();
  const { ledger, catalog } = await scratch.open();
  await killedAfter(scratch.path, 12);
  const records: AuditRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await catalog.audit({ limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    records.push(...page.records);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  expect(records.length).toBeGreaterThan(100);

  const { items } = await catalog.list('grant', { limit: 100 });
  for (const { id, value, revision } of items) {
    const about = records.filter((record) => record.resource_id === id);
    expect([about.length, about[0]?.after]).toEqual([revision, value]);
  }
  const [state] = await ledger.budgets(NOON);
  const [last] = records.filter(({ resource }) => resource === 'budget');
  const usd = String(Number(state?.budget.limit.amount) / 1e12);
  expect(last?.after).toMatchObject({ limit: { amount: usd } });
}, 30_000);
