/** Settings of provisioned throughput: what AWS would refuse is refused before it is used. */
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load-settings.ts';

const loaded = (file: object, demo = false) =>
  loadSettings({ env: {}, demo, file: { path: 'tollkeeper.yaml', content: file } });

describe('a name prefix', () => {
  it.each(['acme', 'acme_eu-1', 'A'.repeat(21)])('may be %s', (prefix) => {
    const found = loaded({ provisioned_name_prefix: prefix }, true);
    expect(found).toMatchObject({ kind: 'ok', settings: { provisionedNamePrefix: prefix } });
  });

  it.each(['-acme', 'acme-', 'ac--me', 'ac me', 'A'.repeat(22)])('may not be %s', (prefix) => {
    expect(loaded({ provisioned_name_prefix: prefix }, true).kind).toBe('invalid');
  });
});

it('takes for tags what AWS takes', () => {
  expect(loaded({ provisioned_source: 'web app/1' }, true).kind).toBe('ok');
  expect(loaded({ provisioned_source: 'a,b' }, true).kind).toBe('invalid');
  expect(loaded({ provisioned_created_by: 'ü' }, true).kind).toBe('invalid');
});

it('has commitments confirmed, but not in a demo', () => {
  expect(loaded({}, true)).toMatchObject({ settings: { confirmCommitments: false } });
  expect(loaded({ confirm_commitments: true }, true)).toMatchObject({
    settings: { confirmCommitments: true },
  });
});
