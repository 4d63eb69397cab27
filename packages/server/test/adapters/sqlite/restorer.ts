/**
 * A process of its own that restores two backups in turn, again and again, until it is killed.
 *
 *     node restorer.ts <store> <instances> <backup> <backup>
 *
 * Prints `restoring` after the first time.
 */
import { restoreStore } from '../../../src/adapters/sqlite/restore.ts';

const [path = '', instances = '', ...backups] = process.argv.slice(2);

for (let round = 0; ; round += 1) {
  const from = backups[round % backups.length] ?? '';
  restoreStore({ from, path, instances, aside: `${path}.aside-${process.pid}-${round}` });
  if (round === 0) console.log('restoring');
}
