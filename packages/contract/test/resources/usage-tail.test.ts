/** The tail: what may be asked of it, and what an event is. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { usageTail } from '../../src/resources/usage-tail.ts';

it('may be narrowed by whose, which model and what, and by nothing else', () => {
  const query = Compile(usageTail.tailUsage.query);
  expect(query.Check({ app_id: 'web', model_id: 'm', kind: 'entry' })).toBe(true);
  expect(query.Check({ kind: 'missed' })).toBe(false);
  expect(query.Check({ from: '2026-01-01T00:00:00Z' })).toBe(false);
});

it('tells how many events were missed, and never fewer than none', () => {
  const event = Compile(usageTail.tailUsage.result);
  expect(event.Check({ type: 'missed', missed: 3 })).toBe(true);
  expect(event.Check({ type: 'missed', missed: -1 })).toBe(false);
  expect(event.Check({ type: 'entry', entry: {} })).toBe(false);
});
