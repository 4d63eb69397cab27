/** Document ids: two organizations never share one. */
import { expect, it } from 'vitest';
import { applicationDocument, grantDocument } from '../../src/catalog/records.ts';

it('keeps the same name in two organizations apart', () => {
  expect(applicationDocument('o1', 'web')).not.toBe(applicationDocument('o2', 'web'));
  expect(grantDocument('o1', 'g')).not.toBe(grantDocument('o2', 'g'));
});
