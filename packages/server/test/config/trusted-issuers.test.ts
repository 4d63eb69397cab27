/** How e-mail addresses of people are compared. */
import { expect, it } from 'vitest';
import { comparedEmail } from '../../src/config/trusted-issuers.ts';

it('addresses are the same whatever the case of their ASCII letters', () => {
  expect(comparedEmail('Ada.K@Example.COM')).toBe('ada.k@example.com');
});

it('no other letters become ASCII letters', () => {
  // KELVIN SIGN and LATIN CAPITAL LETTER I WITH DOT ABOVE.
  expect(comparedEmail('\u212aate@\u0130.example')).toBe('\u212aate@\u0130.example');
});
