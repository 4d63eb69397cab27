/**
 * A process of its own on a file of rate limits. It says `ready`; then each line of its input is a
 * piece of work, answered with how many were admitted:
 *
 *     count <key> <limit> <times>      requests in one window, all at once
 *     take <party> <limits> <times>    requests under limits as JSON, all at once; they go on
 *
 *     node taker.ts <file> <instance> <directory of locks>
 */
import { createInterface } from 'node:readline';
import { openInstanceLocks } from '../../../src/adapters/sqlite/instance-lock.ts';
import { openSqliteRates } from '../../../src/adapters/sqlite-rates/store.ts';
import type { RateParty } from '../../../src/ports/rate-store.ts';

const [path = '', instance_id = '', dir = ''] = process.argv.slice(2);
const locks = await openInstanceLocks(dir, instance_id);
const rates = await openSqliteRates({
  path,
  answerMsMax: 60_000,
  busyTimeoutMs: 30_000,
  onFatal: (error) => {
    throw error;
  },
});
/** All processes name the same moment, so that nothing refills between them. */
const at = Date.UTC(2026, 10, 22, 14, 33);

async function admittedOf(line: string): Promise<number> {
  const [what, id = '', limit = '', times = '0'] = line.split(' ');
  const each = Array.from({ length: Number(times) });
  if (what === 'count') {
    const rule = { limit: Number(limit), length_ms: 60_000 };
    const answers = await Promise.all(each.map(() => rates.count(id, rule, at)));
    return answers.filter(({ admitted }) => admitted).length;
  }
  const parties: RateParty[] = [{ id, limits: JSON.parse(limit) as RateParty['limits'] }];
  const answers = await Promise.all(
    each.map(() => rates.take({ instance_id, parties, tokens: 1, at })),
  );
  return answers.filter(({ kind }) => kind === 'admitted').length;
}

console.log('ready');
for await (const line of createInterface(process.stdin)) console.log(await admittedOf(line));
await rates.close();
locks.release();
