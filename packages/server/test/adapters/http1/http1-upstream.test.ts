/** A gateway without AWS credentials: nothing is sent, and the caller learns what is missing. */
import { expect, test } from 'vitest';
import { http1Upstream } from '../../../src/adapters/http1/http1-upstream.ts';
import { NO_CREDENTIALS, type UpstreamFailure } from '../../../src/ports/upstream.ts';

test('a request that cannot be authorised fails as not sent, and says why', async () => {
  const upstream = http1Upstream({
    origin: 'http://127.0.0.1:9',
    authorizer: { authorize: () => Promise.reject(new Error('Could not load credentials')) },
    connectionsMax: 1,
    connectTimeoutMs: 1_000,
    headersTimeoutMs: 1_000,
    idleTimeoutMs: 1_000,
  });
  const told: string[] = [];
  const failure = await new Promise<UpstreamFailure>((resolve) => {
    upstream.send(
      { path: '/model/m/converse', headers: {}, body: new Uint8Array() },
      {
        sent: () => told.push('sent'),
        written: () => told.push('written'),
        head: () => told.push('head'),
        data: () => told.push('data'),
        end: () => told.push('end'),
        failed: resolve,
      },
    );
  });
  expect(failure).toEqual({ kind: 'not_sent', reason: NO_CREDENTIALS });
  expect(told).toEqual([]);
  await upstream.close();
});
