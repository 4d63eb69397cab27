/** Webhooks: what may be stated, and that no answer but the first has a secret. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { Webhook, webhooks } from '../../src/resources/webhooks.ts';

const body = Compile(webhooks.putWebhook.body);
const rotation = Compile(webhooks.rotateWebhookSecret.body);

it('takes a URL, and what it is for', () => {
  expect(body.Check({ url: 'https://example.com/hook' })).toBe(true);
  expect(body.Check({ url: 'https://example.com', description: 'ops', enabled: false })).toBe(true);
});

it('refuses other members, URLs with blanks and URLs without end', () => {
  expect(body.Check({})).toBe(false);
  expect(body.Check({ url: 'https://example.com', secret: 'whsec_mine' })).toBe(false);
  expect(body.Check({ url: 'https://example.com/a b' })).toBe(false);
  expect(body.Check({ url: `https://example.com/${'a'.repeat(2048)}` })).toBe(false);
});

it('lets the old secret go on for a week at most', () => {
  expect(rotation.Check({})).toBe(true);
  expect(rotation.Check({ grace_period_hours: 168 })).toBe(true);
  expect(rotation.Check({ grace_period_hours: 169 })).toBe(false);
});

it('has no secret in what is read', () => {
  const read = {
    org_id: '3f2c1b0a-1111-4222-8333-123456789abc',
    webhook_id: 'ops',
    url: 'https://example.com/hook',
    description: null,
    enabled: true,
    created_at: '2026-11-22T14:33:00.000Z',
    updated_at: '2026-11-22T14:33:00.000Z',
  };
  expect(Compile(Webhook).Check(read)).toBe(true);
  expect(Compile(Webhook).Check({ ...read, secret: 'whsec_x' })).toBe(false);
});

it('is for the provisioning key alone', () => {
  for (const { access } of Object.values(webhooks)) expect(access).toBe('provisioning');
});
