/** Names of clients and of their owners. */
import { expect, it } from 'vitest';
import { clientIdOf, ownerScope } from '../../../src/credentials/tokens/client-principal.ts';

it('names clients and whose they are', () => {
  expect([clientIdOf('o', null), clientIdOf('o', 'web')]).toEqual(['org-o', 'org-o-app-web']);
  expect([ownerScope('o', null), ownerScope('o', 'web')]).toEqual(['org:o', 'org:o app:web']);
});
