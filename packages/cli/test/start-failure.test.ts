/** What is said when the stores or the port cannot be had. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { explaining } from '../src/start-failure.ts';

const place = { host: '127.0.0.1', port: 1, dataDir: '/data' };

it('a port that is taken is named, with the flag that chooses another', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const second = createServer();
  const listening = explaining({ ...place, port }, async () => {
    second.listen(port, '127.0.0.1');
    await once(second, 'listening');
  });
  await expect(listening).rejects.toThrow(
    `Port ${port} of 127.0.0.1 is taken by another process. Choose another with --port`,
  );
  taken.close();
});

it('a data directory that is none is named, and the cause stays', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tollkeeper-test-'));
  const dataDir = join(dir, 'file');
  writeFileSync(dataDir, 'x');
  const making = explaining({ ...place, dataDir }, () => mkdir(dataDir, { recursive: true }));
  await expect(making).rejects.toMatchObject({
    message: `The data directory ${dataDir} cannot be used`,
    cause: { code: 'EEXIST' },
  });
  rmSync(dir, { recursive: true });
});

it('what has nothing to do with either stays as it is', async () => {
  const fault = new TypeError('x');
  await expect(explaining(place, () => Promise.reject(fault))).rejects.toBe(fault);
});

it('a table that cannot be used is told as one, not as a directory', async () => {
  const shared = {
    ...place,
    store: 'dynamodb',
    dynamodbEndpoint: null,
    region: 'eu-west-1',
  } as const;
  const away = Object.assign(new Error('DynamoDB: TimeoutError'), { name: 'StoreUnavailable' });
  await expect(explaining(shared, () => Promise.reject(away))).rejects.toMatchObject({
    message: 'The table in DynamoDB at the region eu-west-1 cannot be used',
    cause: away,
  });
  const unfit = Object.assign(new Error('It has schema 9.'), { name: 'TableUnfit' });
  await expect(explaining(shared, () => Promise.reject(unfit))).rejects.toThrow('It has schema 9.');
});
