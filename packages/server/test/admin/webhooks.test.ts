/** Webhooks by the API: secrets shown once, addresses checked, trials, history, isolation. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startReceiver, type Receiver } from '../adapters/webhook/receiver.ts';
import { eventOf, signaturesBy } from '../keeper/alerts/verify.ts';
import { refusalOf, startControlPlane, type ControlPlane, type Tenant } from './control-plane.ts';

let plane: ControlPlane;
let tenant: Tenant;
let receiver: Receiver;
beforeEach(async () => {
  plane = await startControlPlane();
  tenant = await plane.tenant();
  receiver = await startReceiver();
});
afterEach(async () => {
  await plane.close();
  await receiver.close();
});

const named = (webhook_id = 'ops', org_id = tenant.org_id) => ({ org_id, webhook_id });
const put = (webhook_id = 'ops') =>
  plane.client.putWebhook({ params: named(webhook_id), body: { url: receiver.url } });

it('shows the secret of a new webhook once and never again', async () => {
  const created = await put();
  expect(created).toMatchObject({ ...named(), url: receiver.url, enabled: true });
  expect(created.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const replaced = await plane.client.putWebhook({
    params: named(),
    body: { url: `${receiver.url}?v=2`, description: 'pages ops', enabled: false },
  });
  expect(replaced).not.toHaveProperty('secret');
  expect(replaced).toMatchObject({ url: `${receiver.url}?v=2`, enabled: false });
  const read = await plane.client.getWebhook({ params: named() });
  expect(read).toEqual(replaced);
  const { webhooks } = await plane.client.listWebhooks({ params: named(), query: {} });
  expect(webhooks).toEqual([read]);
});

it('keeps the secret sealed, and out of the audit log', async () => {
  const { secret = '' } = await put();
  const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64').toString('base64url');
  const { items } = await plane.catalog.list('webhook', { limit: 10 });
  const { records } = await plane.catalog.audit({ limit: 10, resource: 'webhook' });
  expect(records).toMatchObject([{ action: 'putWebhook', resource_id: 'ops' }]);
  const kept = JSON.stringify([items, records, plane.logged]);
  for (const form of [secret, secret.slice(6), bytes]) expect(kept).not.toContain(form);
  expect(JSON.stringify(records)).not.toContain('sealed');
});

it('sends a test that the receiver can verify, and says what came of it', async () => {
  const { secret = '' } = await put();
  const delivery = await plane.client.testWebhook({ params: named() });
  expect(delivery).toMatchObject({ status: 'delivered', attempts: [{ status: 204 }] });
  const [message] = receiver.received;
  if (message === undefined) throw new Error('Nothing came.');
  expect(signaturesBy(message, secret)).toBe(1);
  expect(message.headers['webhook-id']).toBe(delivery.delivery_id);
  expect(eventOf(message)).toMatchObject({ type: 'webhook.test', data: named() });

  receiver.answers.push(500);
  const failed = await plane.client.testWebhook({ params: named() });
  expect(failed).toMatchObject({ status: 'failed', attempts: [{ status: 500, error: null }] });
  const { deliveries } = await plane.client.listWebhookDeliveries({ params: named(), query: {} });
  expect(deliveries).toHaveLength(2);
  expect(deliveries).toContainEqual(failed);
});

it('signs by both secrets while one is being changed', async () => {
  const { secret: old = '' } = await put();
  const { secret, old_secret_expires_at } = await plane.client.rotateWebhookSecret({
    params: named(),
    body: { grace_period_hours: 1 },
  });
  expect(secret).not.toBe(old);
  expect(Date.parse(old_secret_expires_at)).toBe(plane.clock.now() + 3_600_000);
  await plane.client.testWebhook({ params: named() });
  plane.clock.advance(3_600_000);
  await plane.client.testWebhook({ params: named() });
  const counts = receiver.received.map((each) => [
    signaturesBy(each, secret),
    signaturesBy(each, old),
  ]);
  expect(counts).toEqual([
    [1, 1],
    [1, 0],
  ]);
});

it.each([
  'http://169.254.169.254/latest/meta-data/',
  'https://[fd00:ec2::254]/',
  'https://user:pass@example.com/',
  'gopher://example.com/',
  'not a url',
])('refuses %s as a webhook', async (url) => {
  const asked = plane.client.putWebhook({ params: named(), body: { url } });
  expect(await refusalOf(asked)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
});

it('keeps an organization to 20 webhooks, which can still be replaced', async () => {
  for (let i = 0; i < 20; i++) await put(`w${i}`);
  expect(await refusalOf(put('one-more'))).toMatchObject({ status: 400, code: 'INVALID_CONFIG' });
  expect(await put('w7')).not.toHaveProperty('secret');
});

it('forgets a deleted webhook, so that one of the same name begins anew', async () => {
  const { secret } = await put();
  await plane.client.testWebhook({ params: named() });
  await plane.client.deleteWebhook({ params: named() });
  expect(await refusalOf(plane.client.getWebhook({ params: named() }))).toMatchObject({
    status: 404,
  });
  const again = await put();
  expect(again.secret).not.toBe(secret);
  const { deliveries } = await plane.client.listWebhookDeliveries({ params: named(), query: {} });
  expect(deliveries).toEqual([]);
});

it("knows nothing of another organization's webhooks", async () => {
  await put();
  const other = await plane.tenant();
  const params = named('ops', other.org_id);
  const asked = [
    plane.client.getWebhook({ params }),
    plane.client.deleteWebhook({ params }),
    plane.client.rotateWebhookSecret({ params, body: {} }),
    plane.client.testWebhook({ params }),
    plane.client.listWebhookDeliveries({ params, query: {} }),
  ];
  for (const each of await Promise.all(asked.map(refusalOf))) {
    expect(each).toMatchObject({ status: 404 });
  }
  expect(receiver.received).toEqual([]);
  const theirs = plane.as(other.api_key).getWebhook({ params: named() });
  expect(await refusalOf(theirs)).toMatchObject({ status: 404 });
});
