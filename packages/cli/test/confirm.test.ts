/** Asking before what cannot be taken back. */
import { expect, it } from 'vitest';
import { confirmed } from '../src/confirm.ts';
import type { World } from '../src/world.ts';

const world = (answer?: string): World => ({
  env: {},
  out: () => undefined,
  note: () => undefined,
  readFile: () => '',
  fetch,
  ...(answer === undefined ? {} : { ask: async () => answer }),
});

it.each([
  ['y', true],
  [' YES ', true],
  ['', false],
  ['n', false],
  ['yesterday', false],
])('takes %j for %j', async (answer, outcome) => {
  expect(await confirmed(world(answer), {}, 'Go on?')).toBe(outcome);
});

it('does not ask when told --yes, and refuses where nobody can be asked', async () => {
  expect(await confirmed(world('n'), { yes: true }, 'Go on?')).toBe(true);
  await expect(confirmed(world(), {}, 'Go on?')).rejects.toThrow('--yes');
});
