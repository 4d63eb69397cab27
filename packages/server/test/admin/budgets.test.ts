/** Budgets: what is written, what of their figures is shown, and to whom. */
import { resultProblems, type ApiRequest } from '@tollkeeper/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  anEntry,
  holdFor,
  recordEntry,
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

type Body = ApiRequest<'putBudget'>['body'];
const body = (over: Partial<Body> = {}): Body => ({
  scope: { type: 'organization', org_id: tenant.org_id },
  limit: { unit: 'usd', amount: '0.50' },
  window: 'day',
  timezone: 'UTC',
  mode: 'enforce',
  ...over,
});
const put = (budget_id: string, over: Partial<Body> = {}) =>
  plane.client.putBudget({ params: { budget_id }, body: body(over) });
const get = (budget_id: string) => plane.client.getBudget({ params: { budget_id } });

describe('alerts and forecasts', () => {
  it('alerts at 50, 80, 95 and 100 percent, at what is stated, or never', async () => {
    expect(await put('b')).toMatchObject({ alert_thresholds_pct: [50, 80, 95, 100] });
    expect(await put('b', { alert_thresholds_pct: [120, 25] })).toMatchObject({
      alert_thresholds_pct: [25, 120],
    });
    expect(await put('b', { alert_thresholds_pct: [] })).toMatchObject({
      alert_thresholds_pct: [],
    });
    expect(await get('b')).toMatchObject({ alert_thresholds_pct: [] });
  });

  it.each([[[0]], [[1001]], [[50.5]], [Array.from({ length: 21 }, (_, i) => i + 1)]])(
    'refuses the thresholds %j',
    async (alert_thresholds_pct) => {
      expect(await refusalOf(put('b', { alert_thresholds_pct }))).toMatchObject({ status: 400 });
    },
  );

  it('says when the budget will be spent at the rate of the last hour', async () => {
    await put('b', { window: 'total', limit: { unit: 'usd', amount: '0.001' } });
    expect(await get('b')).toMatchObject({ exhausts_at: null });
    // Two hours ago, which is no present rate; then 0.00025 USD within the last hour.
    const started_at = plane.clock.now() - 2 * 3_600_000;
    await recordEntry(plane, anEntry({ entry_id: 'e1', org_id: tenant.org_id, started_at }));
    await recordEntry(plane, anEntry({ entry_id: 'e2', org_id: tenant.org_id }));
    plane.clock.advance(1_800_000);
    // 0.0005 USD are left, at 0.00025 an hour: 15:03 and two hours.
    expect(await get('b')).toMatchObject({ exhausts_at: '2026-11-22T17:03:00.000Z' });
    // Lists do not forecast.
    const { budgets } = await plane.client.listBudgets({ query: {} });
    expect(budgets).toHaveLength(1);
    expect(budgets[0]).not.toHaveProperty('exhausts_at');
  });

  it('says nothing when the window ends before that', async () => {
    await put('b', { window: 'hour', limit: { unit: 'usd', amount: '0.001' } });
    await recordEntry(plane, anEntry({ entry_id: 'e', org_id: tenant.org_id }));
    plane.clock.advance(60_000);
    // 33 minutes of the hour were over, 0.00025 a minute later: 102 minutes more, but 26 are left.
    expect(await get('b')).toMatchObject({ exhausts_at: null });
  });
});

describe('the figures', () => {
  it('are exact decimal strings that add up to the limit', async () => {
    await put('b');
    await recordEntry(plane, anEntry({ entry_id: 'e1', org_id: tenant.org_id }));
    // Usage unknown: nothing known was charged, and it may have cost a hundred times as much.
    await recordEntry(
      plane,
      anEntry({
        entry_id: 'e2',
        org_id: tenant.org_id,
        usage: null,
        usage_source: 'unknown',
        charges: [],
        cost: 0n,
        ceiling: 25_000_000_000n,
      }),
    );
    await holdFor(plane, tenant, 1n);
    // By hand: 0.5 - 0.00025 - 0.025 - 1e-12.
    expect(await get('b')).toMatchObject({
      limit: { unit: 'usd', amount: '0.5' },
      spent: '0.00025',
      ceiling: '0.025',
      held: '0.000000000001',
      remaining: '0.474749999999',
      high_water: '0.025250000001',
      excess: '0',
      window_start: '2026-11-22T00:00:00.000Z',
      resets_at: '2026-11-23T00:00:00.000Z',
    });
  });

  it('name the cause by which a limit was passed', async () => {
    await put('b', { limit: { unit: 'usd', amount: '0.0001' } });
    await recordEntry(plane, anEntry({ entry_id: 'e1', org_id: tenant.org_id }));
    expect(await get('b')).toMatchObject({
      spent: '0.00025',
      remaining: '0',
      excess: '0.00015',
      excess_by: { submitted: '0.00015', over_bound: '0', correction: '0', limit_lowered: '0' },
    });
  });

  it('of tokens and requests are whole numbers', async () => {
    await put('t', { limit: { unit: 'tokens', amount: '5000' }, window: 'month' });
    await put('r', { limit: { unit: 'requests', amount: '3' }, window: 'total' });
    await recordEntry(plane, anEntry({ entry_id: 'e1', org_id: tenant.org_id }));
    expect(await get('t')).toMatchObject({ spent: '1000', remaining: '4000' });
    expect(await get('r')).toMatchObject({
      spent: '1',
      remaining: '2',
      window_start: null,
      resets_at: null,
    });
  });

  it('of a new budget start with what its window has already spent', async () => {
    await recordEntry(plane, anEntry({ entry_id: 'e1', org_id: tenant.org_id }));
    expect(await put('late')).toMatchObject({ spent: '0.00025', remaining: '0.49975' });
  });

  it('follow the calendar of the time zone, the organization’s if none is stated', async () => {
    const params = { org_id: tenant.org_id };
    await plane.client.putOrganization({ params, body: { timezone: 'Asia/Tokyo' } });
    const { timezone: _, ...unzoned } = body();
    const answer = await plane.client.putBudget({ params: { budget_id: 'b' }, body: unzoned });
    // 14:33 UTC is 23:33 in Tokyo: its day ends in 27 minutes.
    expect(answer).toMatchObject({
      timezone: 'Asia/Tokyo',
      window_start: '2026-11-21T15:00:00.000Z',
      resets_at: '2026-11-22T15:00:00.000Z',
    });
  });
});

describe('putBudget', () => {
  it('replaces a budget and keeps its figures', async () => {
    await put('b');
    await recordEntry(plane, anEntry({ entry_id: 'e1', org_id: tenant.org_id }));
    const changed = await put('b', { limit: { unit: 'usd', amount: '1' }, mode: 'warn' });
    expect(changed).toMatchObject({ mode: 'warn', spent: '0.00025', remaining: '0.99975' });
  });

  it('keeps scope and match as they were stated', async () => {
    const { org_id, app_id, key_id } = tenant;
    const rows: Partial<Body>[] = [
      { scope: { type: 'application', org_id, app_id } },
      { scope: { type: 'user', org_id, user_id: 'ann@example.com' } },
      { scope: { type: 'key', org_id, key_id } },
      { match: { label: 'premium' } },
      { match: { model_id: 'amazon.nova-pro-v1:0' } },
    ];
    for (const row of rows) expect(await put('b', row)).toMatchObject(row);
    expect(await put('b', { match: {} }).catch(() => 'refused')).toBe('refused');
  });

  it('does not take the id of a budget of another organization', async () => {
    const other = await plane.tenant();
    await put('b');
    const refused = await refusalOf(
      put('b', { scope: { type: 'organization', org_id: other.org_id } }),
    );
    expect(refused).toMatchObject({ status: 409, code: 'ALREADY_EXISTS' });
    expect(await get('b')).toMatchObject({ scope: { org_id: tenant.org_id } });
  });

  const id = '0199a0b0-0000-7000-8000-00000000000f';
  it.each<[string, number, () => Partial<Body>]>([
    ['an unknown organization', 404, () => ({ scope: { type: 'organization', org_id: id } })],
    [
      'an unknown application',
      404,
      () => ({ scope: { type: 'application', org_id: tenant.org_id, app_id: 'none' } }),
    ],
    [
      'an unknown key',
      404,
      () => ({ scope: { type: 'key', org_id: tenant.org_id, key_id: 'aaaaaaaaaaaaaaaa' } }),
    ],
    [
      'a key of another application',
      404,
      () => ({
        scope: { type: 'key', org_id: tenant.org_id, key_id: tenant.key_id, app_id: 'other' },
      }),
    ],
    ['a scope without its id', 400, () => ({ scope: { type: 'user', org_id: tenant.org_id } })],
    [
      'a scope with an id too many',
      400,
      () => ({ scope: { type: 'user', org_id: tenant.org_id, user_id: 'u', app_id: 'web' } }),
    ],
    ['label and model', 400, () => ({ match: { label: 'a', model_id: 'b' } })],
    ['a time zone that is none', 400, () => ({ timezone: 'Mars/Base' })],
    ['half a request', 400, () => ({ limit: { unit: 'requests', amount: '0.5' } })],
    ['a negative amount', 400, () => ({ limit: { unit: 'usd', amount: '-1' } })],
    ['an amount with an exponent', 400, () => ({ limit: { unit: 'usd', amount: '1e3' } })],
    ['a number as amount', 400, () => ({ limit: { unit: 'usd', amount: 0.5 as never } })],
    ['a thirteenth digit', 400, () => ({ limit: { unit: 'usd', amount: '0.0000000000001' } })],
    ['more than 64 bits', 400, () => ({ limit: { unit: 'usd', amount: '9223372.036854775808' } })],
  ])('refuses %s with %i', async (_, status, over) => {
    expect(await refusalOf(put('b', over()))).toMatchObject({ status });
    expect(await refusalOf(get('b'))).toMatchObject({ status: 404 });
  });

  it('takes the largest amount that 64 bits hold', async () => {
    const amount = '9223372.036854775807';
    expect(await put('b', { limit: { unit: 'usd', amount } })).toMatchObject({ remaining: amount });
  });
});

describe('listBudgets', () => {
  it('shows a key the budgets in which its calls count', async () => {
    const { org_id } = tenant;
    const other = await plane.tenant();
    await put('org');
    await put('key', { scope: { type: 'key', org_id, key_id: tenant.key_id } });
    await put('user', { scope: { type: 'user', org_id, user_id: 'ann' } });
    await put('other', { scope: { type: 'organization', org_id: other.org_id } });
    const { budgets } = await plane.as(tenant.api_key).listBudgets();
    expect(budgets.map(({ budget_id }) => budget_id)).toEqual(['key', 'org']);
    const all = await plane.client.listBudgets();
    expect(all.budgets).toHaveLength(4);
    const foreign = plane.as(tenant.api_key).getBudget({ params: { budget_id: 'other' } });
    expect(await refusalOf(foreign)).toMatchObject({ status: 404 });
  });

  it('pages in the order of ids', async () => {
    for (const id of ['c', 'a', 'b']) await put(id);
    const first = await plane.client.listBudgets({ query: { limit: 2 } });
    expect(first.budgets.map(({ budget_id }) => budget_id)).toEqual(['a', 'b']);
    const cursor = first.next_cursor ?? '';
    const rest = await plane.client.listBudgets({ query: { limit: 2, cursor } });
    expect(rest.budgets.map(({ budget_id }) => budget_id)).toEqual(['c']);
    expect(rest.next_cursor).toBeNull();
  });
});

it('forgets a budget that is deleted', async () => {
  await put('b');
  const params = { budget_id: 'b' };
  await plane.client.deleteBudget({ params });
  expect(await refusalOf(get('b'))).toMatchObject({ status: 404 });
  expect(await refusalOf(plane.client.deleteBudget({ params }))).toMatchObject({ status: 404 });
});

describe('a budget of a quota', () => {
  const params = { org_id: '3f2c1b0a-1111-4222-8333-123456789abc' };
  const budget_id = `quota:${params.org_id}:premium`;
  beforeEach(async () => {
    const body = {
      org_name: 'Example',
      timezone: 'UTC',
      quota_scope: 'ORG' as const,
      model_ordering: ['premium'],
      quotas: { premium: 5_000_000 },
    };
    await plane.client.putOrganization({ params, body });
  });

  it('is read like any other', async () => {
    const read = await plane.client.getBudget({ params: { budget_id } });
    expect(read).toMatchObject({ budget_id, limit: { unit: 'usd', amount: '5' }, window: 'day' });
    expect(resultProblems('getBudget', read)).toEqual([]);
  });

  it('changes with the organization alone', async () => {
    const body = {
      scope: { type: 'organization' as const, ...params },
      limit: { unit: 'usd' as const, amount: '1' },
      window: 'day' as const,
    };
    for (const change of [
      () => plane.client.putBudget({ params: { budget_id }, body }),
      () => plane.client.deleteBudget({ params: { budget_id } }),
    ]) {
      expect(await refusalOf(change())).toMatchObject({ status: 400, code: 'INVALID_CONFIG' });
    }
  });
});
