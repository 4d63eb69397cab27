/** The simulator's window on the world. */
import { expect, it } from 'vitest';
import { after, instant, newRequestId, nowMs, soon } from '../src/clock.ts';

it('instants are RFC 3339 in UTC', () => {
  expect(instant(0)).toBe('1970-01-01T00:00:00.000Z');
  expect(Number.isInteger(nowMs())).toBe(true);
});

it('request ids are different UUIDs', () => {
  const ids = Array.from({ length: 100 }, newRequestId);
  expect(new Set(ids).size).toBe(100);
  expect(ids.every((id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))).toBe(true);
});

it('what is planned happens', async () => {
  const order: string[] = [];
  await Promise.all([
    new Promise<void>((resolve) => after(1, () => resolve(void order.push('after')))),
    new Promise<void>((resolve) => soon(() => resolve(void order.push('soon')))),
  ]);
  expect(order.toSorted()).toEqual(['after', 'soon']);
});
