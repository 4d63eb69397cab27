/** The audit log: what may be asked of it. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { audit } from '../../src/resources/audit.ts';

it('may be narrowed by whose, what, who and when', () => {
  const query = Compile(audit.listAudit.query);
  const good = { resource: 'application', actor: 'cli:root', from: '2026-01-01T00:00:00Z' };
  expect(query.Check(good)).toBe(true);
  expect(query.Check({ actor: 'provisioning_key' })).toBe(true);
  expect(query.Check({ actor: 'root' })).toBe(false);
  expect(query.Check({ before: 'x' })).toBe(false);
});
