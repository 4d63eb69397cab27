/** Colours: only where they are seen. */
import { expect, it } from 'vitest';
import { paint } from '../src/paint.ts';

it('colours for a terminal and leaves text for everything else as it is', () => {
  expect(paint({ terminal: true }, 'red', 'no')).toBe('\u001b[31mno\u001b[0m');
  expect(paint({ terminal: false }, 'red', 'no')).toBe('no');
  expect(paint({}, 'red', 'no')).toBe('no');
});
