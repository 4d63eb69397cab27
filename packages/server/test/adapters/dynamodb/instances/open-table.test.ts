/** What is told of the processes that share a table. */
import { startDynamoEngine } from '@tollkeeper/testkit/dynamo-engine';
import { expect, test } from 'vitest';
import { openTable } from '../../../../src/adapters/dynamodb/index.ts';
import {
  headWrite,
  registering,
} from '../../../../src/adapters/dynamodb/instances/instance-heads.ts';
import { systemClock } from '../../../../src/adapters/system/clock.ts';
import { TABLE } from '../engine-table.ts';

test('a process that was killed while nobody looked is not told as alive for ever', async () => {
  const engine = await startDynamoEngine('dynoxide');
  const clock = systemClock();
  const place = { region: 'us-east-1', endpoint: engine.endpoint, table: TABLE };
  const { items, init, status } = openTable(place, clock);
  await init();
  const now = clock.now();
  const heads = { living: now - 20_000, killed: now - 40_000, dead: now };
  for (const [name, at] of Object.entries(heads)) {
    await items.transact(registering({ name, of: name, lanes: 1 }, 0, at), name);
  }
  const dead = {
    name: 'dead',
    of: 'dead',
    lanes: 1,
    state: 'alive',
    epoch: 1,
    v: 1,
    at: 0,
  } as const;
  await items.transact([headWrite(dead, 'fenced', now)], 'fence');
  expect((await status(10_000)).instances).toEqual({ alive: 1, silent: 1, fenced: 1 });
  await items.close();
  await engine.stop();
});
