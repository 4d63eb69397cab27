/** A lock tells the dead from the living, whatever the living do. */
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openInstanceLocks } from '../../../src/adapters/sqlite/instance-lock.ts';
import { Scratch } from './scratch.ts';

test('a living instance is never dead, in this process or another, or stopped', async () => {
  await using scratch = new Scratch();
  const mine = await openInstanceLocks(scratch.instances, 'mine');
  const neighbour = await openInstanceLocks(scratch.instances, 'neighbour');
  const spender = await scratch.startSpender('child', 1_000_000);
  spender.child.kill('SIGSTOP');
  expect(await mine.dead()).toEqual([]);
  expect(await neighbour.dead()).toEqual([]);
  const lives = (id: string) => Promise.all([mine.lives(id), neighbour.lives(id)]);
  for (const id of ['mine', 'neighbour', 'child']) expect(await lives(id)).toEqual([true, true]);
  spender.child.kill('SIGKILL');
  await spender.exited;
  for (const id of ['child', 'nobody']) expect(await lives(id)).toEqual([false, false]);
  expect(await mine.dead()).toEqual(['child']);
  expect(await mine.dead()).toEqual(['child']);
  await neighbour.forget('child');
  expect(await mine.dead()).toEqual([]);
  mine.release();
  neighbour.release();
});

test('an instance that gives its lock back leaves nothing behind', async () => {
  await using scratch = new Scratch();
  const mine = await openInstanceLocks(scratch.instances, 'mine');
  expect(existsSync(join(scratch.instances, 'mine.lock'))).toBe(true);
  mine.release();
  expect(readdirSync(scratch.instances)).toEqual([]);
});

test('a process cannot forget itself', async () => {
  await using scratch = new Scratch();
  const mine = await openInstanceLocks(scratch.instances, 'mine');
  await mine.forget('mine');
  expect(existsSync(join(scratch.instances, 'mine.lock'))).toBe(true);
  mine.release();
});

test('an id that would name another place is refused', async () => {
  await using scratch = new Scratch();
  await expect(openInstanceLocks(scratch.instances, '../outside')).rejects.toThrow(RangeError);
});

test('an instance that ends unsettled counts as dead until it was dealt with', async () => {
  await using scratch = new Scratch();
  const mine = await openInstanceLocks(scratch.instances, 'mine');
  const neighbour = await openInstanceLocks(scratch.instances, 'neighbour');
  mine.release('unsettled');
  expect(await neighbour.dead()).toEqual(['mine']);
  await neighbour.forget('mine');
  expect(await neighbour.dead()).toEqual([]);
  neighbour.release();
});

test('a process that is looked at while it is forgotten does not come back', async () => {
  await using scratch = new Scratch();
  const mine = await openInstanceLocks(scratch.instances, 'mine');
  symlinkSync(join(scratch.dir, 'gone'), join(scratch.instances, 'other.lock'));
  expect(await mine.dead()).toEqual([]);
  expect(existsSync(join(scratch.dir, 'gone'))).toBe(false);
  mine.release();
});
