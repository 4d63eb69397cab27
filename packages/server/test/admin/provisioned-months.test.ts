/**
 * Months of provisioned throughput, through the whole product: calls through the gateway on a clock
 * that the test moves, shares against what the simulator's book says that everybody used.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@tollkeeper/contract';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, converseBody, eventually } from '../gateway/requests.ts';
import { makeTenant, refusalOf, type Tenant } from './control-plane.ts';

/** One unit of Claude 3 Haiku, there since 15 January 2026. */
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/simprovision';
const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-clock-'));
const clockFile = join(folder, 'clock');

let product: RunningProduct;
let tenants: readonly Tenant[];

const month = (of: string, id = ARN, by?: 'app_id' | 'key_id') =>
  product.client.getProvisionedMonth({
    params: { provisioned_id: id, month: of },
    query: by === undefined ? {} : { by },
  });
const pico = (usd: string | null | undefined): bigint => {
  const [whole = '', fraction = ''] = String(usd).split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
};

/** Calls the capacity at a time, and waits for the entry. */
async function use(tenant: Tenant, at: string, maxTokens: number, key = tenant): Promise<void> {
  writeFileSync(clockFile, at);
  const body = converseBody(`At ${at}, what is a ledger?`, maxTokens);
  const answer = await call(product, { model: ARN, key: key.api_key, body });
  expect(answer.status).toBe(200);
  await eventually(async () => {
    const query = { key_id: key.key_id, request_id: answer.requestId };
    return (await product.client.listEntries({ query })).entries[0];
  });
}

/** What the simulator says that an organization used: the book's tokens of its attempts. */
async function tokensOf({ org_id }: Tenant): Promise<number> {
  const { entries } = await product.client.listEntries({ query: { org_id, model_id: ARN } });
  const attempts = new Set(entries.map(({ attempt_id }) => attempt_id));
  const rows = (await product.book()).filter((row) => attempts.has(row.attempt_id ?? ''));
  expect(rows).toHaveLength(entries.length);
  expect(rows.every(({ billed }) => !billed)).toBe(true);
  return rows.reduce((sum, { usage }) => {
    return sum + (usage?.['input_tokens'] ?? 0) + (usage?.['output_tokens'] ?? 0);
  }, 0);
}

beforeAll(async () => {
  writeFileSync(clockFile, '2026-10-01T00:10:00Z');
  product = await startProduct({ clockFile });
  const ids = [1, 2, 3].map((index) => `00000000-0000-4000-8000-00000000000${index}`);
  const made: Tenant[] = [];
  for (const id of ids) made.push(await makeTenant(product.client, id));
  tenants = made;
  for (const { org_id } of tenants) {
    const params = { org_id, grant_id: 'capacity' };
    await product.client.putGrant({ params, body: { kind: 'arn', value: ARN } });
  }
  const [one, two, three] = tenants as [Tenant, Tenant, Tenant];
  await use(one, '2026-10-01T00:10:00Z', 60);
  await use(two, '2026-10-01T00:50:00Z', 110);
  await use(one, '2026-10-09T12:00:00Z', 30);
  await use(three, '2026-10-09T12:59:59Z', 77);
  await use(three, '2026-10-31T23:59:59Z', 210);
  writeFileSync(clockFile, '2026-11-02T06:30:00Z');
});
afterAll(async () => {
  await product.close();
  rmSync(folder, { recursive: true });
});

it('without a price, shares and hours are shown and no cost', async () => {
  const october = await month('2026-10');
  expect(october).toMatchObject({
    priced: 'no',
    cost_usd: null,
    complete: true,
    hours: 744,
    used_hours: 3,
    idle_hours: 741,
    unit_hour_prices: [{ unit_hour_usd: null, hours: 744, cost_usd: null }],
  });
  expect(october.lines).toHaveLength(4);
  expect(october.lines.every(({ cost_usd }) => cost_usd === null)).toBe(true);
});

it('three tenants: used + idle = hours x price exactly, each share explained', async () => {
  const params = { model_id: ARN, commitment: 'none' } as const;
  await product.client.putUnitHourPrice({ params, body: { unit_hour_usd: '39.60' } });
  const october = await month('2026-10');
  expect(october).toMatchObject({
    provisioned_model_arn: ARN,
    name: 'simulated-haiku',
    model_id: HAIKU,
    model_units: 1,
    commitment: 'none',
    priced: 'yes',
    // 744 hours at 39.60; the calls came in three hours, one of them in the month's last second.
    cost_usd: '29462.4',
    used_cost_usd: '118.8',
    idle_cost_usd: '29343.6',
    basis: 'tokens',
  });
  expect(october.total).toMatchObject({
    cost_usd: '29462.4',
    explanation: '744 hours of 1 model unit: 744 at 39.6 USD an hour for each.',
  });
  const sum = october.lines.reduce((total, { cost_usd }) => total + pico(cost_usd), 0n);
  expect(sum).toBe(pico('29462.4'));
  const used = await Promise.all(tenants.map(tokensOf));
  const all = used.reduce((total, tokens) => total + tokens, 0);
  expect(october.weight).toBe(all);
  for (const [at, tenant] of tenants.entries()) {
    const line = october.lines.find(({ org_id }) => org_id === tenant.org_id);
    const tokens = used[at] ?? 0;
    expect(line).toMatchObject({ kind: 'use', tokens, weight: tokens, unknown_requests: 0 });
    expect(line?.explanation).toMatch(
      new RegExp(`^${tokens} of ${all} tokens \\(.* in the 3 hours of use, which cost 118.8 USD`),
    );
    // Less than one pico-dollar off the exact share.
    const off = pico(line?.cost_usd) * BigInt(all) - pico('118.8') * BigInt(tokens);
    expect(off > -BigInt(all) && off < BigInt(all)).toBe(true);
  }
  expect(october.lines.at(-1)).toMatchObject({
    kind: 'idle',
    cost_usd: '29343.6',
    explanation: '741 of 744 hours (99.5967 %), in which nothing was used.',
  });
});

it('calls of provisioned capacity cost nothing besides its hours', async () => {
  const { total } = await product.client.summarizeUsage({ query: { model_id: ARN } });
  expect(total).toMatchObject({ requests: 5, cost_usd: '0', unpriced_entries: 0 });
});

it('within organizations, applications and keys have their shares of the same whole', async () => {
  const [by, byOrg] = [await month('2026-10', ARN, 'key_id'), await month('2026-10')];
  expect(by.cost_usd).toBe(byOrg.cost_usd);
  expect(by.lines.map(({ key_id }) => key_id).slice(0, 3)).toEqual(
    tenants.map(({ key_id }) => key_id),
  );
  const apps = await month('2026-10', ARN, 'app_id');
  expect(apps.lines[0]).toMatchObject({ org_id: tenants[0]?.org_id, app_id: 'web' });
});

it('a month that is not over goes as far as now; one to come has no hours', async () => {
  // From the first to the second of November, 06:30: 24 + 7 hours begun.
  expect(await month('2026-11')).toMatchObject({
    complete: false,
    hours: 31,
    used_hours: 0,
    cost_usd: '1227.6',
  });
  expect(await month('2026-12')).toMatchObject({ hours: 0, cost_usd: '0' });
  // It was there from 15 January: 17 days.
  expect(await month('2026-01')).toMatchObject({ hours: 17 * 24 });
  // Entries of ninety days ago may have been removed by now.
  expect(await month('2026-07')).toMatchObject({ uses_complete: false });
  expect(await month('2026-10')).toMatchObject({ uses_complete: true });
  expect(await month('2025-12')).toMatchObject({ hours: 0 });
});

it('is found by name and by id, and is nothing that an organization sees', async () => {
  expect((await month('2026-10', 'simulated-haiku')).provisioned_model_arn).toBe(ARN);
  expect((await month('2026-10', 'simprovision')).provisioned_model_arn).toBe(ARN);
  expect(await refusalOf(month('2026-10', 'nobody'))).toMatchObject({ status: 404 });
  expect(await refusalOf(month('2026-13'))).toMatchObject({ status: 400 });
  const { endpoint } = product;
  const { api_key: apiKey } = await product.client.createKey({
    params: tenants[0] as Tenant,
    body: { scopes: ['usage:org'] },
  });
  const params = { provisioned_id: ARN, month: '2026-10' };
  const asked = createClient({ endpoint, apiKey, fetch }).getProvisionedMonth({ params });
  expect(await refusalOf(asked)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
});

it('who is about to commit is shown what that comes to', async () => {
  const params = { model_id: HAIKU, commitment: 'one_month' } as const;
  await product.client.putUnitHourPrice({ params, body: { unit_hour_usd: '21.18' } });
  const body = { ...params, model_units: 2, dry_run: true };
  const { plan } = await product.client.createProvisionedThroughput({ body });
  // From 2 November to 2 December: 720 hours of two units.
  const price = { hours: 720, unit_hour_usd: '21.18', total_usd: '30499.2' };
  expect(plan?.price).toEqual({ model_units: 2, ...price });
});

describe('capacity that is bought and deleted here', () => {
  const buy = async (name: string): Promise<string> => {
    const body = { model_id: HAIKU, model_units: 3, name };
    const made = await product.client.createProvisionedThroughput({ body });
    return made.provisioned_model_arn ?? '';
  };

  it('keeps its hours after AWS has forgotten it', async () => {
    const arn = await buy('bought-and-deleted');
    const created = new Date((await month('2026-11', arn)).created_at);
    const of = created.toISOString().slice(0, 7);
    // From here on the server's time is the simulator's.
    writeFileSync(clockFile, '+0');
    await product.client.deleteProvisionedThroughput({ params: { provisioned_id: arn } });
    const kept = await month(of, arn);
    expect(kept).toMatchObject({
      deletion: 'made_here',
      model_units: 3,
      name: 'bought-and-deleted',
    });
    expect(kept.hours).toBeGreaterThanOrEqual(1);
    expect(kept.unit_hours).toBe(kept.hours * 3);
  });

  it('that is deleted elsewhere is noticed, and ends then', async () => {
    const arn = await buy('deleted-elsewhere');
    await month('2026-11', arn);
    const gone = await fetch(
      `${product.simulator.url}/provisioned-model-throughput/${encodeURIComponent(arn)}`,
      { method: 'DELETE', headers: { authorization: 'Bearer simulator-bedrock-api-key' } },
    );
    expect(gone.status).toBe(200);
    const noticed = await month('2026-11', arn);
    expect(noticed).toMatchObject({ deletion: 'noticed' });
    expect((await month('2026-11', arn)).deleted_at).toBe(noticed.deleted_at);
  });
});
