/** Who waits for room, in which order, and how a wait ends; under a clock of the test. */
import { describe, expect, test } from 'vitest';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { AdmissionQueue, type Place, type Woken } from '../../src/gateway/admission-queue.ts';

const WAIT_MS = 2_000;

function setUp(placesMax = 10) {
  const clock = virtualClock();
  const queue = new AdmissionQueue(clock, placesMax);
  const join = (line: string, org = 'o'): Place => {
    const place = queue.join(org, line, WAIT_MS);
    if (place === undefined) throw new Error('no place');
    return place;
  };
  return { clock, queue, join };
}

/** Notes how a wait ends, in the order in which waits end. */
function noting(ends: string[]) {
  return (name: string, place: Place): Promise<Woken> =>
    place.wait().then((how) => {
      ends.push(`${name}: ${how}`);
      return how;
    });
}

describe('order', () => {
  test('only the first of a line is told that there may be room', async () => {
    const { clock, queue, join } = setUp();
    const ends: string[] = [];
    const note = noting(ends);
    const [first, second] = [join('a'), join('a')];
    const woken = note('first', first);
    void note('second', second);
    queue.roomMayBe('o');
    await woken;
    expect(ends).toEqual(['first: again']);
    void note('first', first);
    clock.advance(49);
    expect(ends).toEqual(['first: again']);
  });

  test('when the first is done, the next one asks at once', async () => {
    const { join } = setUp();
    const ends: string[] = [];
    const [first, second] = [join('a'), join('a')];
    const next = noting(ends)('second', second);
    first.done();
    await next;
    expect(ends).toEqual(['second: again']);
  });

  test('lines do not wait for each other', async () => {
    const { queue, join } = setUp();
    const waits = [join('a').wait(), join('b').wait()];
    queue.roomMayBe('o');
    expect(await Promise.all(waits)).toEqual(['again', 'again']);
  });

  test('room in one organization is no news to another', async () => {
    const { clock, queue, join } = setUp();
    const ends: string[] = [];
    const wait = noting(ends)('theirs', join('a', 'theirs'));
    queue.roomMayBe('ours');
    await Promise.resolve();
    expect(ends).toEqual([]);
    clock.advance(WAIT_MS);
    await wait;
  });

  test('a newcomer sees the line that it has to join', () => {
    const { queue, join } = setUp();
    expect(queue.hasLine('a')).toBe(false);
    const place = join('a');
    expect(queue.hasLine('a')).toBe(true);
    place.done();
    expect(queue.hasLine('a')).toBe(false);
  });
});

describe('the end of a wait', () => {
  test('without a sign the first asks again: another process may have given room', async () => {
    const { clock, join } = setUp();
    const place = join('a');
    for (let i = 0; i < 3; i++) {
      const wait = place.wait();
      clock.advance(50);
      expect(await wait).toBe('again');
    }
  });

  test('time is up after the whole wait, however often it was woken in between', async () => {
    const { clock, join } = setUp();
    const place = join('a');
    let how: Woken = 'again';
    let asked = 0;
    while (how === 'again') {
      const wait = place.wait();
      clock.advance(50);
      how = await wait;
      asked += 1;
    }
    expect([how, clock.monotonic()]).toEqual(['timeout', WAIT_MS]);
    expect(asked).toBe(WAIT_MS / 50);
  });

  test('a caller that leaves ends its wait, whether it waits now or next', async () => {
    const { join } = setUp();
    const [now, next] = [join('a'), join('b')];
    const wait = now.wait();
    now.leave();
    next.leave();
    expect(await wait).toBe('gone');
    expect(await next.wait()).toBe('gone');
  });

  test('the first reason stands', async () => {
    const { clock, join } = setUp();
    const place = join('a');
    place.leave();
    clock.advance(WAIT_MS);
    expect(await place.wait()).toBe('gone');
  });
});

describe('bounds', () => {
  test('no more places than allowed, in all lines together; a place given up is free again', () => {
    const { queue, join } = setUp(2);
    const first = join('a');
    join('b');
    expect(queue.join('o', 'c', WAIT_MS)).toBeUndefined();
    first.done();
    first.done();
    expect(queue.length).toBe(1);
    join('c');
    expect(queue.join('o', 'd', WAIT_MS)).toBeUndefined();
  });

  test('when nobody waits, no timer is left', () => {
    const { clock, queue, join } = setUp();
    const places = [join('a'), join('a'), join('b')];
    for (const place of places) place.done();
    clock.advance(50);
    expect([queue.length, clock.pending()]).toEqual([0, 0]);
  });
});
