/** What the gateway says of the place it runs in, for good and for bad. */
import { afterEach, expect, it } from 'vitest';
import type { Surroundings } from '../../src/ports/surroundings.ts';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import { startControlPlane, SURROUNDINGS, type ControlPlane } from './control-plane.ts';

let plane: ControlPlane;
afterEach(() => plane.close());

async function diagnosis(over: Partial<Surroundings>, storeFails = false) {
  plane = await startControlPlane({
    surroundings: { ...SURROUNDINGS, ...over },
    ...(storeFails
      ? { ledger: { probe: () => Promise.reject(new StoreUnavailable('disk')) } }
      : {}),
  });
  const { checks } = await plane.client.diagnose();
  return new Map(checks.map((each) => [each.check, each]));
}

it('is all well where everything is', async () => {
  const checks = await diagnosis({});
  expect([...checks.values()].map(({ check, status }) => [check, status])).toEqual(
    [
      'store',
      'credentials',
      'upstream',
      'clock',
      'right bedrock:InvokeModel',
      'right bedrock:ApplyGuardrail',
      'disk',
      'node',
    ].map((check) => [check, 'ok']),
  );
  expect(checks.get('credentials')?.detail).toBe('a role (...WXYZ)');
});

const DENIED = { kind: 'refuted', reason: '403 AccessDeniedException' } as const;
const dark = { kind: 'unreachable', reason: 'ECONNREFUSED' } as const;
const skewed = (skewMs: number | null) => ({ kind: 'reached', latencyMs: 1, skewMs }) as const;

it.each<[string, string, 'warn' | 'fail', Partial<Surroundings>]>([
  [
    'no credentials',
    'credentials',
    'fail',
    { identity: async () => ({ kind: 'missing', reason: 'none' }) },
  ],
  ['no way to the upstream', 'upstream', 'fail', { reach: async () => dark }],
  ['a clock that AWS refuses', 'clock', 'fail', { reach: async () => skewed(-300_000) }],
  ['a clock that drifts', 'clock', 'warn', { reach: async () => skewed(31_000) }],
  ['no clock to compare with', 'clock', 'warn', { reach: async () => skewed(null) }],
  ['a right that calls need', 'right bedrock:InvokeModel', 'fail', { tryOut: async () => DENIED }],
  [
    'a right that some need',
    'right bedrock:ApplyGuardrail',
    'warn',
    { tryOut: async () => DENIED },
  ],
  [
    'a right nobody can tell of',
    'right bedrock:InvokeModel',
    'warn',
    { tryOut: async () => ({ kind: 'not_known', reason: 'no answer in time' }) },
  ],
  ['a full disk', 'disk', 'fail', { freeDiskBytes: async () => 1_000 }],
  ['a disk that fills up', 'disk', 'warn', { freeDiskBytes: async () => 2 ** 29 }],
  [
    'a disk that cannot be read',
    'disk',
    'warn',
    { freeDiskBytes: () => Promise.reject(new Error('no')) },
  ],
  ['an old Node', 'node', 'fail', { nodeVersion: '22.1.0' }],
])('names %s', async (_, check, status, over) => {
  const found = (await diagnosis(over)).get(check);
  expect(found?.status).toBe(status);
  if (status === 'fail') expect(found?.advice).not.toBeNull();
});

it('says when the store does not work, and goes on', async () => {
  const checks = await diagnosis({}, true);
  expect(checks.get('store')).toMatchObject({ status: 'fail' });
  expect(checks.get('upstream')).toMatchObject({ status: 'ok' });
});
