/** Usage: entries and sums, exact, filtered, and never another tenant's. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resultProblems } from '@tollkeeper/contract';
import {
  anEntry,
  recordEntry,
  refusalOf,
  START,
  startControlPlane,
  type ControlPlane,
  type Tenant,
} from './control-plane.ts';

const HOUR = 3_600_000;
let plane: ControlPlane;
let ours: Tenant;
let theirs: Tenant;

beforeEach(async () => {
  plane = await startControlPlane();
  ours = await plane.tenant();
  theirs = await plane.tenant();
  const { org_id, key_id } = ours;
  const mine = { org_id, key_id };
  const unknown = { usage: null, usage_source: 'unknown', usage_reason: 'timeout' } as const;
  for (const entry of [
    anEntry({ entry_id: 'e1', ...mine, user_id: 'ann', tags: { team: 'x' } }),
    anEntry({
      ...{ entry_id: 'e2', ...mine, started_at: START + HOUR },
      // Of a request there may be several attempts, but one submission.
      ...{ request_id: 'e1', entry_type: 'attempt' },
    }),
    anEntry({ entry_id: 'e3', org_id, app_id: 'batch', key_id: 'k2', started_at: START + 1 }),
    anEntry({
      entry_id: 'e4',
      ...mine,
      ...unknown,
      outcome: 'broken',
      charges: [],
      cost: 0n,
      ceiling: 7n,
      started_at: START + 2,
    }),
    anEntry({ entry_id: 't1', org_id: theirs.org_id, key_id: theirs.key_id }),
  ]) {
    await recordEntry(plane, entry);
  }
});
afterEach(() => plane.close());

const ids = (page: { entries: readonly { entry_id: string }[] }): string[] =>
  page.entries.map(({ entry_id }) => entry_id);

describe('listEntries', () => {
  it('shows an entry in the words of the contract, money as exact strings', async () => {
    const page = await plane.client.listEntries({ query: { org_id: ours.org_id, limit: 1 } });
    expect(resultProblems('listEntries', page)).toEqual([]);
    expect(page.entries[0]).toEqual({
      entry_id: 'e1',
      entry_type: 'submission',
      corrects_entry_id: null,
      attempt_id: 'e1',
      request_id: 'e1',
      upstream_request_id: null,
      invocation_id: null,
      source: 'submitted',
      org_id: ours.org_id,
      app_id: 'web',
      user_id: 'ann',
      key_id: ours.key_id,
      label: null,
      model_id: 'anthropic.claude-3-haiku-20240307-v1:0',
      region: 'us-east-1',
      operation: 'Converse',
      tier: 'standard',
      streamed: false,
      outcome: 'ok',
      usage: {
        input_tokens: 1000,
        output_tokens: 0,
        cache_read_input_tokens: 0,
        cache_write_5m_input_tokens: 0,
        cache_write_1h_input_tokens: 0,
        cache_write_30m_input_tokens: 0,
        units: {},
      },
      usage_source: 'reported',
      usage_reason: null,
      priced: 'yes',
      price_version: 'prices-1',
      price_basis: null,
      price_layers: [],
      charges: [
        { class: 'input', quantity: 1000, unit_price_usd: '0.00000025', amount_usd: '0.00025' },
      ],
      cost_usd: '0.00025',
      ceiling_usd: null,
      started_at: '2026-11-22T14:33:00.000Z',
      ended_at: '2026-11-22T14:33:00.420Z',
      latency_ms: 420,
      time_to_first_token_ms: null,
      tags: { team: 'x' },
      writer_id: expect.any(String) as string,
      sequence: 1,
    });
  });

  it('never shows unknown usage as zero', async () => {
    const page = await plane.client.listEntries({ query: { request_id: 'e4' } });
    expect(page.entries[0]).toMatchObject({
      usage: null,
      usage_source: 'unknown',
      usage_reason: 'timeout',
      cost_usd: '0',
      ceiling_usd: '0.000000000007',
    });
  });

  it.each<[object, string[]]>([
    [{ app_id: 'batch' }, ['e3']],
    [{ user_id: 'ann' }, ['e1']],
    [{ key_id: 'k2aaaaaaaaaaaaaa' }, []],
    [{ request_id: 'e1' }, ['e1', 'e2']],
    [{ model_id: 'amazon.nova-micro-v1:0' }, []],
    // `from` is inclusive, `to` exclusive; any offset from UTC means the same instant.
    [{ from: '2026-11-22T15:33:00Z' }, ['e2']],
    [{ from: '2026-11-22T16:33:00.000+01:00' }, ['e2']],
    [{ from: '2026-11-22T14:33:00Z', to: '2026-11-22T15:33:00Z' }, ['e1', 'e3', 'e4']],
  ])('filters by %j', async (filter, expected) => {
    const query = { org_id: ours.org_id, ...filter };
    expect(ids(await plane.client.listEntries({ query }))).toEqual(expected);
  });

  it('gives every entry once over its pages, oldest first', async () => {
    const seen: string[] = [];
    let query: { org_id: string; limit: number; cursor?: string } = {
      org_id: ours.org_id,
      limit: 1,
    };
    for (;;) {
      const page = await plane.client.listEntries({ query });
      seen.push(...ids(page));
      if (page.next_cursor === null) break;
      query = { ...query, cursor: page.next_cursor };
    }
    expect(seen).toEqual(['e1', 'e3', 'e4', 'e2']);
  });

  it('shows a key its application by default, and refuses to look elsewhere', async () => {
    const own = plane.as(ours.api_key);
    expect(ids(await own.listEntries())).toEqual(['e1', 'e4', 'e2']);
    const nothing = { status: 404 };
    expect(await refusalOf(own.listEntries({ query: { app_id: 'batch' } }))).toMatchObject(nothing);
    const { org_id } = theirs;
    expect(await refusalOf(own.listEntries({ query: { org_id } }))).toMatchObject(nothing);
    expect(await refusalOf(own.summarizeUsage({ query: { org_id } }))).toMatchObject(nothing);
    // A request id of theirs is no way around it.
    expect(ids(await own.listEntries({ query: { request_id: 't1' } }))).toEqual([]);
  });

  it('shows a key with usage:org the organization, one with usage:self itself', async () => {
    const make = async (scopes: ('usage:org' | 'usage:self')[], user?: string) => {
      const named = user === undefined ? {} : { user_id: user };
      const key = await plane.client.createKey({ params: ours, body: { scopes, ...named } });
      return plane.as(key.api_key);
    };
    const whole = await make(['usage:org']);
    expect(ids(await whole.listEntries())).toEqual(['e1', 'e3', 'e4', 'e2']);
    expect(ids(await (await make(['usage:self'])).listEntries())).toEqual([]);
    expect(ids(await (await make(['usage:self'], 'ann')).listEntries())).toEqual(['e1']);
  });

  it.each([
    { cursor: 'x' },
    { from: 'yesterday' },
    { to: '2026-11-22' },
    { from: '2026-02-30T00:00:00Z' },
  ])('refuses %j', async (query) => {
    const refused = await refusalOf(plane.client.listEntries({ query }));
    expect(refused).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });
});

describe('summarizeUsage', () => {
  it('sums exactly and keeps what is unknown apart from what it cost', async () => {
    const query = { org_id: ours.org_id };
    const summary = await plane.client.summarizeUsage({ query });
    expect(resultProblems('summarizeUsage', summary)).toEqual([]);
    expect(summary.total).toMatchObject({
      requests: 4,
      input_tokens: 3000,
      // By hand: three entries of 1,000 tokens at 0.25 USD a million.
      cost_usd: '0.00075',
      unknown_entries: 1,
      ceiling_usd: '0.000000000007',
      unpriced_entries: 0,
    });
  });

  it('groups by what is asked for, in any order', async () => {
    const query = { org_id: ours.org_id, group_by: 'hour,app_id' };
    const { groups } = await plane.client.summarizeUsage({ query });
    expect(groups.map(({ app_id, hour, requests }) => [app_id, hour, requests])).toEqual([
      ['batch', '2026-11-22T14:00:00.000Z', 1],
      ['web', '2026-11-22T14:00:00.000Z', 2],
      ['web', '2026-11-22T15:00:00.000Z', 1],
    ]);
  });

  it('refuses to group by what it does not know', async () => {
    const refused = await refusalOf(plane.client.summarizeUsage({ query: { group_by: 'colour' } }));
    expect(refused).toMatchObject({ status: 400 });
  });
});
