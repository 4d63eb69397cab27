/** What is kept of clients for a time only, and when it goes. */
import { expect, it } from 'vitest';
import { clientRetention } from '../../src/jobs/client-retention.ts';
import { surroundings } from '../credentials/memory-catalog.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Kind = 'revoked_token' | 'secret_retrieval' | 'provisioned_request';

function setUp() {
  const { catalog, clock } = surroundings();
  const at = (ms: number) => new Date(clock.now() + ms).toISOString();
  const put = (kind: Kind, id: string, value: object) =>
    catalog.put({ kind, id, parent: '', value });
  const ids = async (kind: Kind) =>
    (await catalog.list(kind, { limit: 5_000 })).items.map(({ id }) => id);
  return { catalog, clock, at, put, ids, round: clientRetention({ catalog, clock }) };
}

it('forgets ended tokens once all that they could end has expired, and not before', async () => {
  const { clock, at, put, ids, round } = setUp();
  await put('revoked_token', 'soon', { keep_until: at(HOUR_MS) });
  await put('revoked_token', 'later', { keep_until: at(3 * HOUR_MS) });
  await round();
  expect(await ids('revoked_token')).toEqual(['later', 'soon']);
  clock.advance(2 * HOUR_MS);
  await round();
  expect(await ids('revoked_token')).toEqual(['later']);
});

it('forgets secrets that can be fetched no more, a day later', async () => {
  const { clock, at, put, ids, round } = setUp();
  await put('secret_retrieval', 'a', { expires_at: at(0) });
  clock.advance(23 * HOUR_MS);
  await round();
  expect(await ids('secret_retrieval')).toEqual(['a']);
  clock.advance(2 * HOUR_MS);
  await round();
  expect(await ids('secret_retrieval')).toEqual([]);
});

it('forgets what was asked of AWS a year later, made or not, but never what was made', async () => {
  const { catalog, clock, at, put, ids, round } = setUp();
  await put('provisioned_request', 'made', { created_at: at(0), arn: 'arn:x' });
  await put('provisioned_request', 'unanswered', { created_at: at(0), arn: null });
  await put('provisioned_request', 'next', { created_at: at(2 * DAY_MS), arn: 'arn:y' });
  const place = { kind: 'provisioned_resource', id: 'made', parent: '' } as const;
  await catalog.put({ ...place, value: { created_at: at(0) } });
  clock.advance(365 * DAY_MS);
  await round();
  expect(await ids('provisioned_request')).toEqual(['made', 'next', 'unanswered']);
  clock.advance(2 * DAY_MS);
  await round();
  expect(await ids('provisioned_request')).toEqual(['next']);
  expect(await catalog.get('provisioned_resource', 'made')).toBeDefined();
});

it('goes through all of them, once an hour, and is no news for caches', async () => {
  const { catalog, clock, at, put, ids, round } = setUp();
  for (let i = 0; i < 1_234; i++) await put('revoked_token', `t${i}`, { keep_until: at(-1) });
  const revision = await catalog.revision();
  await round();
  expect(await ids('revoked_token')).toEqual([]);
  expect(await catalog.revision()).toBe(revision);
  await put('revoked_token', 'late', { keep_until: at(-1) });
  await round();
  expect(await ids('revoked_token')).toEqual(['late']);
  clock.advance(HOUR_MS);
  await round();
  expect(await ids('revoked_token')).toEqual([]);
});
