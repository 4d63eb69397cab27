/** What a call leaves behind in the process once it has ended, however its client behaved. */
import type { Buffer } from 'node:buffer';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { expect, test } from 'vitest';
import type { Attempt } from '../../src/gateway/attempt.ts';
import { forward } from '../../src/gateway/forward.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { RunningCalls } from '../../src/gateway/running-calls.ts';
import type { UpstreamObserver } from '../../src/ports/upstream.ts';

const HOUR_MS = 3_600_000;

/** A call in mid-air, of which the test is client and upstream. */
function inTheAir(drainMax = 1) {
  const clock = virtualClock();
  const running = new RunningCalls({ max: 10, drainMax, drainMs: HOUR_MS });
  let observer: UpstreamObserver | undefined;
  let gone: (() => void) | undefined;
  const gateway = {
    gatewayId: 'g',
    settings: { demo: false, replyBufferBytesMax: 1_000 },
    clock,
    running,
    crash: () => undefined,
    upstream: { send: (_: unknown, told: UpstreamObserver) => (observer = told) },
  } as unknown as Gateway;
  const exchange = {
    request: { headers: {} },
    header: () => undefined,
    headSent: false,
    whenGone: (then: (() => void) | undefined) => (gone = then),
    whenDrained: () => undefined,
    write: () => true,
    writeHead: () => undefined,
  };
  const attempt = {
    attemptId: 'a',
    streamed: false,
    body: null as unknown as Buffer,
    call: { exchange, forwardPath: '/', requestId: 'a' },
  } as unknown as Attempt;
  const reply = forward(gateway, attempt);
  if (observer === undefined) throw new Error('Nothing was sent.');
  return { clock, running, reply, observer, leave: () => gone?.() };
}

test('a call whose client left keeps no timer once it has ended', async () => {
  const { clock, running, reply, observer, leave } = inTheAir();
  observer.sent(() => expect.unreachable());
  leave();
  expect([clock.pending(), running.drainingCount]).toEqual([1, 1]);
  observer.head({ status: 200, rawHeaders: [], pause: () => undefined, resume: () => undefined });
  observer.end();
  expect(await reply).toMatchObject({ kind: 'whole', status: 200 });
  expect([clock.pending(), running.drainingCount]).toEqual([0, 0]);
});

test('a call that may not be drained at all is given up at once, and keeps no timer', async () => {
  const { clock, reply, observer, leave } = inTheAir(0);
  observer.sent(() => observer.failed({ kind: 'broken', reason: 'aborted' }));
  leave();
  expect(await reply).toEqual({ kind: 'broken', reason: 'drain_bound_reached' });
  expect(clock.pending()).toBe(0);
});

test('a call is given up when it has gone on long enough without its client', async () => {
  const { clock, reply, observer, leave } = inTheAir();
  observer.sent(() => observer.failed({ kind: 'broken', reason: 'aborted' }));
  leave();
  clock.advance(HOUR_MS);
  expect(await reply).toEqual({ kind: 'broken', reason: 'drain_time_reached' });
});
