/** Progress: a bar that is written over on a terminal, few lines elsewhere. */
import { expect, it } from 'vitest';
import { progressOf } from '../src/progress.ts';

function shown(noteTerminal: boolean, steps: readonly number[], total: number): string[] {
  const notes: string[] = [];
  const progress = progressOf({ noteTerminal, note: (text) => notes.push(text) }, 'Pricing');
  for (const step of steps) progress.at(step, total);
  progress.end();
  return notes;
}

it('writes one line on a terminal over and over, and ends it', () => {
  const notes = shown(true, [0, 1, 2, 4], 4);
  expect(notes).toEqual([
    '\rPricing  [..............................]   0 %  0 of 4',
    '\rPricing  [########......................]  25 %  1 of 4',
    '\rPricing  [###############...............]  50 %  2 of 4',
    '\rPricing  [##############################] 100 %  4 of 4',
    '\n',
  ]);
});

it('writes at most a line for each tenth elsewhere', () => {
  const notes = shown(
    false,
    Array.from({ length: 1001 }, (_, step) => step),
    1000,
  );
  expect(notes).toHaveLength(11);
  expect(notes[3]).toBe('Pricing: 30 % (300 of 1000)\n');
});

it('is complete where there is nothing to do', () => {
  expect(shown(false, [0], 0)).toEqual(['Pricing: 100 % (0 of 0)\n']);
});
