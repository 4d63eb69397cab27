/** Who waits for whom when there is more work than may run. */
import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../../src/credentials/clients/fair-queue.ts';

/** Work that tells when it begins and ends when it is told to. */
function bench(bounds: { readonly runningMax: number; readonly waitingMax: number }) {
  const queue = new FairQueue(bounds);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return {
    begun,
    start: (lane: string, name: string) => {
      const ran = queue.run(lane, () => {
        begun.push(name);
        const { promise, resolve } = Promise.withResolvers<string>();
        ends.set(name, () => resolve(name));
        return promise;
      });
      return ran;
    },
    end: async (name: string) => {
      ends.get(name)?.();
      await settle();
    },
    settle,
    queue,
  };
}

describe('a fair queue', () => {
  it('runs no more at once than it may, and the next when one has ended', async () => {
    const { start, end, begun, settle } = bench({ runningMax: 2, waitingMax: 10 });
    const all = ['1', '2', '3'].map((name) => start('a', name));
    await settle();
    expect(begun).toEqual(['1', '2']);
    await end('1');
    expect(begun).toEqual(['1', '2', '3']);
    await end('2');
    await end('3');
    expect(await Promise.all(all)).toEqual(
      ['1', '2', '3'].map((value) => ({ kind: 'done', value })),
    );
  });

  it('lets lanes take turns: one piece waits for one of each other lane', async () => {
    const { start, end, begun, settle } = bench({ runningMax: 1, waitingMax: 100 });
    for (let i = 0; i < 50; i++) void start('flood', `flood ${i}`);
    void start('honest', 'honest');
    await settle();
    await end('flood 0');
    await end('flood 1');
    expect(begun).toEqual(['flood 0', 'flood 1', 'honest']);
  });

  it('takes the place of one of the longest lane when there is no room', async () => {
    const { start, end, begun, settle } = bench({ runningMax: 1, waitingMax: 3 });
    void start('flood', 'running');
    const flood = ['f1', 'f2', 'f3'].map((name) => start('flood', name));
    expect(await start('flood', 'f4')).toEqual({ kind: 'crowded' });
    void start('honest', 'honest');
    await settle();
    expect(await flood[2]).toEqual({ kind: 'crowded' });
    await end('running');
    await end('f1');
    expect(begun).toEqual(['running', 'f1', 'honest']);
  });

  it('refuses a newcomer where every lane is as short as its own', async () => {
    const { start } = bench({ runningMax: 1, waitingMax: 2 });
    void start('a', 'running');
    void start('b', 'b');
    void start('c', 'c');
    expect(await start('d', 'd')).toEqual({ kind: 'crowded' });
  });

  it('goes on after work that failed', async () => {
    const { queue } = bench({ runningMax: 1, waitingMax: 2 });
    const failed = queue.run('a', () => Promise.reject(new Error('broken')));
    const next = queue.run('a', () => Promise.resolve('next'));
    await expect(failed).rejects.toThrow('broken');
    expect(await next).toEqual({ kind: 'done', value: 'next' });
  });

  it('begins in order what came before anything that comes while one ends', async () => {
    const { start, end, begun, settle } = bench({ runningMax: 1, waitingMax: 10 });
    void start('a', '1');
    void start('a', '2');
    await settle();
    const ended = end('1');
    void start('a', '3');
    await ended;
    expect(begun).toEqual(['1', '2']);
  });
});
