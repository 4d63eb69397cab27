/** Stopping: what a server that was told to stop leaves behind is settled by whoever comes next. */
import { loadSettings, startServer } from '@tollkeeper/server';
import { DEFAULT_CREDENTIALS } from '@tollkeeper/simulator';
import { startProduct } from '@tollkeeper/testkit';
import { expect, test } from 'vitest';
import { failingLedger, type Failure } from './gateway/failing-ledger.ts';
import { call } from './gateway/requests.ts';

test('a settlement that the store never took is found by the next start', async () => {
  const failure: Failure = { reserve: false, settle: false };
  const product = await startProduct({
    settings: { settleWaitMs: 50, shutdownGraceMs: 100 },
    wrapStores: (stores) => ({ ...stores, ledger: failingLedger(stores.ledger, failure) }),
  });
  failure.settle = true;
  const answer = await call(product, {});
  expect(answer.status).toBe(200);
  expect(await product.server.stores.ledger.holds()).toHaveLength(1);
  await product.server.close();

  const loaded = loadSettings({
    demo: true,
    flags: { port: 0, dataDir: product.dataDir, logLevel: 'silent', upstreamUrl: product.endpoint },
  });
  if (loaded.kind !== 'ok') throw new Error('The settings were read a moment ago.');
  const next = await startServer(loaded.settings, {
    version: 'test',
    demo: { credentials: DEFAULT_CREDENTIALS },
    onFatal: (error) => {
      throw error;
    },
  });
  try {
    expect(await next.stores.ledger.holds()).toEqual([]);
    const { entries } = await next.stores.ledger.entries({ limit: 10 });
    expect(entries).toMatchObject([
      { attempt_id: answer.requestId, outcome: 'interrupted', usage_source: 'unknown' },
    ]);
  } finally {
    await next.close();
    await product.close();
  }
});
