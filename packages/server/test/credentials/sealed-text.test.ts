/** Text under a key: who opens it, and who does not. */
import { expect, it } from 'vitest';
import { openText, SEAL_KEY_BYTES, sealText } from '../../src/credentials/sealed-text.ts';
import { surroundings } from './memory-catalog.ts';

const { ids } = surroundings();
const key = ids.secret(SEAL_KEY_BYTES);
const sealed = sealText(ids, key, 'a purpose', 'the secret: ä');

it('opens under the same key for the same purpose', () => {
  expect(openText(key, 'a purpose', sealed)).toBe('the secret: ä');
});

it('opens under no other key and for no other purpose', () => {
  expect(openText(ids.secret(SEAL_KEY_BYTES), 'a purpose', sealed)).toBeUndefined();
  expect(openText(key, 'another', sealed)).toBeUndefined();
});

it('does not open once a bit of it has changed, wherever', () => {
  const bytes = sealed.split('.').map((part) => Buffer.from(part, 'base64url'));
  const changed = bytes.flatMap((part, which) =>
    [...part.keys()].map((at) => {
      const other = Buffer.from(part);
      other[at] = (other[at] ?? 0) ^ 1;
      return bytes.map((each, i) => (i === which ? other : each).toString('base64url')).join('.');
    }),
  );
  expect(changed.length).toBeGreaterThan(30);
  expect(changed.filter((text) => openText(key, 'a purpose', text) !== undefined)).toEqual([]);
});

it('says of what was never sealed that it does not open', () => {
  for (const text of ['', '.', 'x', 'AAAA.AAAA', `${sealed.split('.')[0]}.AAAA`]) {
    expect(openText(key, 'a purpose', text)).toBeUndefined();
  }
});

it('never seals the same text the same way twice', () => {
  expect(sealText(ids, key, 'a purpose', 'the secret: ä')).not.toBe(sealed);
});
