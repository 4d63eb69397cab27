/** How often a secret may be wrong, and from where. */
import { describe, expect, it } from 'vitest';
import {
  FAILURE_WINDOW_MS,
  FailedAttempts,
  networkOf,
} from '../../../src/credentials/clients/failed-attempts.ts';
import { testClock } from '../../admin/control-plane.ts';

describe('failures', () => {
  it('of a client from an address stop that pair alone, until the window ends', () => {
    const clock = testClock();
    const failed = new FailedAttempts(clock, 3);
    for (let i = 0; i < 3; i++) expect(failed.begin('c', '1.1.1.1').kind).toBe('go');
    clock.advance(1_000);
    const ms = FAILURE_WINDOW_MS - 1_000;
    expect(failed.begin('c', '1.1.1.1')).toEqual({ kind: 'wait', ms });
    expect(failed.begin('c', '2.2.2.2').kind).toBe('go');
    expect(failed.begin('d', '1.1.1.1').kind).toBe('go');
    clock.advance(ms);
    expect(failed.begin('c', '1.1.1.1').kind).toBe('go');
  });

  it('are taken back when an attempt was right after all', () => {
    const failed = new FailedAttempts(testClock(), 2);
    for (let i = 0; i < 20; i++) {
      const attempt = failed.begin('c', 'a');
      if (attempt.kind !== 'go') throw new Error('It was counted.');
      attempt.wasRight();
    }
    expect(failed.begin('c', 'a').kind).toBe('go');
  });

  it('are counted while the attempts run, so that many at once are no way around', () => {
    const failed = new FailedAttempts(testClock(), 5);
    const kinds = Array.from({ length: 100 }, () => failed.begin('c', 'a').kind);
    expect(kinds.filter((kind) => kind === 'go')).toHaveLength(5);
  });
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
