/** What the dialects have in common. */
import { expect, test } from 'vitest';
import {
  addAsked,
  atTop,
  noteOpaque,
  objectsIn,
} from '../../../../src/gateway/wire/dialect/dialect.ts';
import { noNotes } from '../../../../src/gateway/wire/stream-notes.ts';
import type { Counts } from '../../../../src/gateway/wire/usage-counts.ts';

test('names at the top of the body stand in no member', () => {
  expect(atTop('max_tokens')).toEqual({ within: null, names: new Set(['max_tokens']) });
});

test('only objects are taken out of an array, and nothing out of what is none', () => {
  expect(objectsIn([{ a: 1 }, null, 'x', [1], {}])).toEqual([{ a: 1 }, {}]);
  expect(objectsIn({ length: 1 })).toEqual([]);
  expect(objectsIn(undefined)).toEqual([]);
});

test('units that were asked for are counted with their doubt', () => {
  const counts: Counts = { units: { search_unit: 1 } };
  addAsked({ units: { input_image: 2 }, estimate: 'a guess' }, counts);
  expect(counts).toEqual({ units: { search_unit: 1, input_image: 2 }, estimate: 'a guess' });
});

test('a chunk of no known shape is output, and the one with metrics is the end', () => {
  const notes = noNotes();
  noteOpaque({}, notes, 12, false);
  expect(notes).toMatchObject({ deltas: 1, deltaBytes: 12, complete: false });
  noteOpaque({}, notes, 30, true);
  expect(notes).toMatchObject({ deltas: 1, deltaBytes: 12, complete: true });
});
