/** How lines are narrowed and put in order. */
import { describe, expect, it } from 'vitest';
import { entryCursor, inEntryOrder, isAsked, readEntryCursor } from '../../src/index.ts';
import { anEntry } from './an-entry.ts';

const place = (started_at: number, writer_id: string, sequence: number) => ({
  started_at,
  writer_id,
  sequence,
});

it('entries are in order by start, then writer, then number', () => {
  const inOrder = [place(1, 'b', 9), place(2, 'a', 2), place(2, 'a', 10), place(2, 'b', 1)];
  expect(inOrder.toReversed().sort(inEntryOrder)).toEqual(inOrder);
});

describe('an entry is among those asked for', () => {
  const entry = anEntry({ started_at: 10, user_id: null });

  it('from the moment given, and before the other', () => {
    expect(isAsked(entry, { from: 10, to: 11 })).toBe(true);
    expect(isAsked(entry, { from: 11 })).toBe(false);
    expect(isAsked(entry, { to: 10 })).toBe(false);
  });

  it('when every member agrees', () => {
    expect(isAsked(entry, {})).toBe(true);
    expect(isAsked(entry, { app_id: 'app', key_id: 'key' })).toBe(true);
    expect(isAsked(entry, { app_id: 'app', key_id: 'other' })).toBe(false);
    expect(isAsked(entry, { user_id: 'ann' })).toBe(false);
  });
});

describe('a cursor', () => {
  it('comes back as it was, whatever the writer is called', () => {
    for (const at of [place(-5, 'a.b\n7', 3), place(1_795_359_600_000, '', 1)]) {
      expect(readEntryCursor(entryCursor(at))).toEqual(at);
    }
  });

  it('that no list has given out is refused', () => {
    for (const text of ['', '1.2', 'x.1.w', '1.x.w']) {
      expect(() => readEntryCursor(text)).toThrow(RangeError);
    }
  });
});
