/** The stream over a socket: who hears what, what goes over the wire, and when it ends. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Client } from '@tollkeeper/contract';
import { BEAT_MS } from '../../src/admin/event-stream.ts';
import { EVENTS_MAX, LISTENERS_MAX, type TailEvent } from '../../src/admin/live-tail.ts';
import {
  anEntry,
  refusalOf,
  startControlPlane,
  type ControlPlane,
  type Tenant,
} from './control-plane.ts';

let plane: ControlPlane;
let tenant: Tenant;
beforeEach(async () => {
  plane = await startControlPlane();
  tenant = await plane.tenant();
});
afterEach(() => plane.close());

type Query = NonNullable<Parameters<Client['tailUsage']>[0]>['query'];

async function listening(client: Client, query: Query = {}) {
  const events = await client.tailUsage({ query });
  return events[Symbol.asyncIterator]();
}

function settle(id: string, over: Parameters<typeof anEntry>[0] | object = {}): void {
  plane.tail.settled(anEntry({ entry_id: id, org_id: tenant.org_id, ...over }));
}

const next = async (from: AsyncIterator<TailEvent>): Promise<string> => {
  const result = await from.next();
  if (result.done === true) return 'end';
  const { value } = result;
  return value.type === 'entry' ? value.entry.entry_id : value.type;
};

it('is heard by the provisioning key whole, by an API key within its scopes', async () => {
  const other = await plane.tenant();
  const everything = await listening(plane.client);
  const own = await listening(plane.as(tenant.api_key));
  const theirs = await listening(plane.as(other.api_key));
  settle('1');
  settle('2', { org_id: other.org_id });
  settle('3', { app_id: 'batch' });
  settle('4');
  expect([await next(everything), await next(everything)]).toEqual(['1', '2']);
  expect([await next(own), await next(own)]).toEqual(['1', '4']);
  expect(await next(theirs)).toBe('2');
});

it('answers what belongs to others with 404', async () => {
  const other = await plane.tenant();
  const asked = plane.as(tenant.api_key).tailUsage({ query: { org_id: other.org_id } });
  expect(await refusalOf(asked)).toMatchObject({ status: 404 });
});

it('is a stream of server-sent events that begins at once', async () => {
  const response = await fetch(`${plane.endpoint}/api/v1/usage/tail?kind=refusal`, {
    headers: { 'x-api-key': plane.provisioningKey },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const text = async () => new TextDecoder().decode((await reader.read()).value);
  expect(await text()).toBe(': listening\n\n');
  const who = { org_id: null, app_id: null, user_id: null, key_id: null, model_id: null };
  plane.tail.refused({ at: 0, request_id: 'r', ...who, error: 'E', reason: 'path_unknown' });
  expect(await text()).toMatch(/^data: \{"type":"refusal",.*"reason":"path_unknown"\}\}\n\n$/);
  await reader.cancel();
});

it('ends when the key is revoked, at the next sign of life', async () => {
  const own = await listening(plane.as(tenant.api_key));
  settle('1');
  expect(await next(own)).toBe('1');
  plane.clock.advance(BEAT_MS);
  await plane.client.revokeKey({ params: { key_id: tenant.key_id } });
  plane.clock.advance(BEAT_MS);
  expect(await next(own)).toBe('end');
  expect(plane.tail.heard).toBe(false);
});

it('notices a listener that has left', async () => {
  const leaving = new AbortController();
  const response = await fetch(`${plane.endpoint}/api/v1/usage/tail`, {
    headers: { 'x-api-key': plane.provisioningKey },
    signal: leaving.signal,
  });
  expect([response.status, plane.tail.heard]).toEqual([200, true]);
  leaving.abort();
  await expect.poll(() => plane.tail.heard).toBe(false);
});

it('tells a client that reads nothing for a while what it missed', async () => {
  const slow = await listening(plane.client);
  // More than the buffers of both ends of the connection hold.
  const padding = { tags: { padding: 'x'.repeat(8_000) } };
  for (let i = 0; i < EVENTS_MAX * 4; i++) settle(String(i), padding);
  settle('last', padding);
  let [told, missed] = [0, 0];
  while (told + missed < EVENTS_MAX * 4 + 1) {
    const result = await slow.next();
    if (result.done === true) break;
    const { value } = result;
    if (value.type === 'missed') missed += value.missed;
    else told += 1;
  }
  expect(missed).toBeGreaterThan(0);
  expect(told + missed).toBe(EVENTS_MAX * 4 + 1);
}, 20_000);

it('refuses one listener more than it can serve', async () => {
  for (let i = 0; i < LISTENERS_MAX; i++) plane.tail.listen({});
  expect(await refusalOf(plane.client.tailUsage())).toMatchObject({ status: 503 });
});
