/** Secrets that a token fetches: what the token opens, and what is kept of it. */
import { expect, it } from 'vitest';
import {
  mintRetrieval,
  openRetrieval,
  retrievalDocument,
} from '../../../src/credentials/clients/secret-retrieval.ts';
import { surroundings } from '../memory-catalog.ts';

const { ids } = surroundings();

it('opens by its token for its client alone, and what is kept does not hold the secret', () => {
  const { token, id, sealed } = mintRetrieval(ids, 'org-o', 'the secret');
  expect(retrievalDocument(token)).toBe(id);
  expect(openRetrieval(token, 'org-o', sealed)).toBe('the secret');
  expect(openRetrieval(token, 'org-p', sealed)).toBeUndefined();
  expect(openRetrieval(`${token}x`, 'org-o', sealed)).toBeUndefined();
  expect(openRetrieval(id, 'org-o', sealed)).toBeUndefined();
  expect(id + sealed).not.toContain('the secret');
  expect(id + sealed).not.toContain(token);
});

it('never gives a token twice', () => {
  const tokens = Array.from({ length: 50 }, () => mintRetrieval(ids, 'c', 's').token);
  expect(new Set(tokens).size).toBe(50);
  expect(tokens.every((token) => /^[\w-]{43}$/.test(token))).toBe(true);
});
