/** Organizations: created once, replaced whole, listed page by page. */
import type { ApiRequest } from '@tollkeeper/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane } from './control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.close());

const params = { org_id: '0199a0b0-0000-7000-8000-00000000000a' };
const put = (body: ApiRequest<'putOrganization'>['body']) =>
  plane.client.putOrganization({ params, body });

describe('putOrganization', () => {
  it('creates with defaults, then updates and keeps the time of creation', async () => {
    expect(await put({ org_name: 'Acme' })).toMatchObject({
      status: 'created',
      created_at: '2026-11-22T14:33:00.000Z',
      configuration: { org_name: 'Acme', timezone: 'UTC', key_policy: {}, quota_scope: null },
    });
    plane.clock.advance(1000);
    expect(await put({ timezone: 'Europe/Zurich' })).toMatchObject({
      status: 'updated',
      created_at: '2026-11-22T14:33:00.000Z',
      updated_at: '2026-11-22T14:33:01.000Z',
      // What is left out is the default again: a PUT states everything.
      configuration: { org_name: null, timezone: 'Europe/Zurich' },
    });
  });

  it('takes what the cost keeper sends', async () => {
    const body = {
      org_name: 'Acme',
      timezone: 'America/New_York',
      quota_scope: 'APP' as const,
      model_ordering: ['premium', 'standard'],
      quotas: { premium: 10_000_000, standard: 5_000_000 },
      overrides: { agg_shard_count: 16 as const, tight_mode_threshold_pct: 90 },
    };
    const { configuration } = await put(body);
    expect(configuration).toMatchObject({ ...body, agg_shard_count: 16 });
    expect(await plane.client.getOrganization({ params })).toMatchObject(body);
  });

  it('knows an organization by its id in either case', async () => {
    await put({ org_name: 'Acme' });
    const upper = { org_id: params.org_id.toUpperCase() };
    expect(await plane.client.getOrganization({ params: upper })).toMatchObject(params);
  });

  const KEEPING = {
    org_name: 'Acme',
    timezone: 'UTC',
    quota_scope: 'ORG' as const,
    model_ordering: ['premium'],
    quotas: { premium: 1 },
  };

  it.each([
    ['INVALID_REQUEST', { timezone: 'Mars/Base' }],
    ['INVALID_REQUEST', { timezone: '+02:00' }],
    ['INVALID_CONFIG', { ...KEEPING, quotas: { standard: 1, premium: 1 } }],
    ['INVALID_CONFIG', { ...KEEPING, model_ordering: ['premium', 'standard'] }],
    ['INVALID_CONFIG', { ...KEEPING, model_ordering: ['gold'], quotas: { gold: 1 } }],
  ])('refuses with %s: %j', async (code, body) => {
    expect(await refusalOf(put(body))).toMatchObject({ status: 400, code });
    expect(await refusalOf(plane.client.getOrganization({ params }))).toMatchObject({
      status: 404,
    });
  });

  it.each(['quota_scope', 'model_ordering', 'quotas'] as const)(
    'needs everything that quotas need as soon as %s is stated, and names what is missing',
    async (stated) => {
      const refusal = await refusalOf(put({ [stated]: KEEPING[stated] }));
      expect(refusal).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
      const missing = Object.keys(KEEPING).filter((member) => member !== stated);
      const problems = missing.map((member) => ({
        member: `body.${member}`,
        problem: 'is missing',
      }));
      expect(refusal).toMatchObject({ details: { problems } });
    },
  );

  it('names labels that have no place, lack a quota, or are not known', async () => {
    const extra = await refusalOf(put({ ...KEEPING, quotas: { premium: 1, economy: 1 } }));
    expect(extra).toMatchObject({
      details: { invalid_labels: ['economy'], valid_labels: ['premium'] },
    });
    const ordering = ['premium', 'economy'];
    const missing = await refusalOf(put({ ...KEEPING, model_ordering: ordering }));
    expect(missing).toMatchObject({ details: { missing_labels: ['economy'] } });
    const unknown = await refusalOf(
      put({ ...KEEPING, model_ordering: ['premium', 'gold'], quotas: { premium: 1, gold: 1 } }),
    );
    expect(unknown).toMatchObject({
      details: {
        invalid_labels: ['gold'],
        valid_labels: ['premium', 'standard', 'economy', 'ultra_premium'],
      },
    });
  });

  it('fixes the number of shards with the first quotas, stated or not', async () => {
    expect((await put(KEEPING)).configuration.agg_shard_count).toBe(8);
    const other = { ...KEEPING, overrides: { agg_shard_count: 16 as const } };
    expect(await refusalOf(put(other))).toMatchObject({ code: 'INVALID_CONFIG' });
    const same = { ...KEEPING, overrides: { agg_shard_count: 8 as const } };
    expect(await refusalOf(put(same))).toBe('none');
  });

  it('keeps the number of shards for good', async () => {
    await put({ overrides: { agg_shard_count: 16 } });
    const refused = await refusalOf(put({ overrides: { agg_shard_count: 32 } }));
    expect(refused).toMatchObject({ code: 'INVALID_CONFIG' });
    expect((await put({})).configuration.overrides).toEqual({ agg_shard_count: 16 });
  });

  it('creates once, however many create at the same time', async () => {
    const written = await Promise.all(Array.from({ length: 10 }, () => put({})));
    expect(written.filter(({ status }) => status === 'created')).toHaveLength(1);
  });
});

describe('listOrganizations', () => {
  it('gives every organization exactly once over its pages', async () => {
    const ids = Array.from({ length: 7 }, () => plane.ids.uuid());
    for (const org_id of ids) await plane.client.putOrganization({ params: { org_id }, body: {} });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: { limit: number; cursor?: string } =
        cursor === null ? { limit: 3 } : { limit: 3, cursor };
      const page = await plane.client.listOrganizations({ query });
      expect(page.organizations.length).toBeLessThanOrEqual(3);
      seen.push(...page.organizations.map(({ org_id }) => org_id));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen.toSorted()).toEqual(ids.toSorted());
  });
});
