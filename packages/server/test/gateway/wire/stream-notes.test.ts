/** The record of a stream. */
import { expect, test } from 'vitest';
import { bytesOf, noNotes, noteSome, noteText } from '../../../src/gateway/wire/stream-notes.ts';

test('a piece counts even when it is empty, unless only text is meant', () => {
  const notes = noNotes();
  noteText(notes, 0);
  noteSome(notes, 0);
  noteSome(notes, 5);
  expect(notes).toMatchObject({ deltas: 2, deltaBytes: 5 });
});

test('text is measured in bytes of UTF-8, anything else in none', () => {
  expect(['a', '\u00e9', '', 7, null, ['x']].map(bytesOf)).toEqual([1, 2, 0, 0, 0, 0]);
});

test('no two streams share their notes', () => {
  noNotes().counts.input = 5;
  expect(noNotes().counts).toEqual({});
});
