/** The client against the real product: advice, reports, the ledger, a service that was away. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CostKeeper, InvalidReport, QuotasSpent, SpoolInUse } from '../src/index.ts';
import { keeperProduct, type KeeperProduct } from './keeper-product.ts';

let running: KeeperProduct;
const clients: CostKeeper[] = [];

beforeAll(async () => {
  running = await keeperProduct({ premium: 10_000_000, economy: 2_000_000 });
});
afterAll(() => running.close());
afterEach(async () => {
  await Promise.all(clients.splice(0).map((each) => each.close({ withinMs: 0 })));
});

function open(over: Partial<KeeperProduct['options']> = {}): CostKeeper {
  const keeper = new CostKeeper({ ...running.options, ...over });
  clients.push(keeper);
  return keeper;
}

const PREMIUM = { model_label: 'premium', bedrock_model_id: 'amazon.nova-pro-v1:0' };
/** 1,500 in and 800 out on premium cost 3,760 micro-USD. */
const REPORT = { ...PREMIUM, input_tokens: 1500, output_tokens: 800 };

async function costOf(keeper: CostKeeper, label: string): Promise<number | undefined> {
  const params = { org_id: running.orgId, app_id: 'app' };
  const today = await keeper.api.applicationToday({ params });
  return today.models[label]?.cost_usd_micros;
}

describe('a client', () => {
  it('is told which model to use', async () => {
    const { advice, stale } = await open().selectModel();
    expect(stale).toBe(false);
    expect(advice.recommended_model).toMatchObject({
      label: 'premium',
      bedrock_model_id: 'amazon.nova-pro-v1:0',
      reason: 'NORMAL',
    });
  });

  it('reports what it used, and the ledger has it once, at its cost', async () => {
    const keeper = open();
    const before = (await costOf(keeper, 'premium')) ?? 0;
    const id = await keeper.report(REPORT);
    expect(await keeper.report({ ...REPORT, request_id: id })).toBe(id);
    expect(await keeper.flush()).toBe(true);
    expect(await costOf(keeper, 'premium')).toBe(before + 3760);
    const own = (await running.entries()).filter(({ request_id }) => request_id === id);
    expect(own).toEqual([{ request_id: id, input_tokens: 1500 }]);
  });

  it('refuses a report that the service would refuse, by the names of its members', async () => {
    const report = { ...REPORT, input_tokens: -1, request_id: 'nothing' };
    const refused: unknown = await open()
      .report(report)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InvalidReport);
    expect((refused as InvalidReport).problems.map(({ member }) => member)).toEqual([
      'request_id',
      'input_tokens',
    ]);
  });

  it('sets aside a report that the service refuses, and delivers the others', async () => {
    const problems: string[] = [];
    const keeper = open({ onProblem: ({ kind }) => problems.push(kind) });
    const bad = await keeper.report({ ...REPORT, model_label: 'nonesuch' });
    const good = await keeper.report(REPORT);
    expect(await keeper.flush()).toBe(true);
    expect(problems).toEqual(['set_aside']);
    const letters = readFileSync(keeper.status().deadLetterFile, 'utf8').trimEnd().split('\n');
    expect(letters.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { code: 'INVALID_CONFIG', record: { request_id: bad, model_label: 'nonesuch' } },
    ]);
    const ids = (await running.entries()).map(({ request_id }) => request_id);
    expect(ids).toContain(good);
    expect(ids).not.toContain(bad);
  });

  it('has its spool directory to itself until it is closed', async () => {
    const first = open();
    expect(() => open()).toThrow(SpoolInUse);
    expect(await first.close()).toEqual({ left: 0 });
    open();
  });

  it('takes no report once it is closed, and closes once', async () => {
    const keeper = open();
    await Promise.all([keeper.close(), keeper.close()]);
    await expect(keeper.report(REPORT)).rejects.toThrow(/closed/);
  });
});

describe('when the service is away', () => {
  it('reports wait on disk, and the next client of the directory delivers them', async () => {
    const away = open({ endpoint: 'http://127.0.0.1:9', onProblem: () => {} });
    const ids = [await away.report(REPORT), await away.report(REPORT)];
    expect(await away.close({ withinMs: 100 })).toEqual({ left: 2 });
    const back = open();
    expect(await back.flush()).toBe(true);
    const found = (await running.entries()).map(({ request_id }) => request_id);
    for (const id of ids) expect(found.filter((each) => each === id)).toHaveLength(1);
  });
});

describe('a spent quota', () => {
  it('moves the advice along the chain, until there is none', async () => {
    const keeper = open();
    const label = async (): Promise<string> =>
      (await keeper.selectModel({ fresh: true })).advice.recommended_model.label;
    expect(await label()).toBe('premium');
    // 4,000,000 out on premium are 12.8 USD, on economy 0.56 each.
    await keeper.report({ ...PREMIUM, input_tokens: 0, output_tokens: 4_000_000 });
    await keeper.flush();
    expect(await label()).toBe('economy');
    const economy = { model_label: 'economy', bedrock_model_id: 'amazon.nova-micro-v1:0' };
    await keeper.report({ ...economy, input_tokens: 0, output_tokens: 20_000_000 });
    await keeper.flush();
    const spent: unknown = await keeper.selectModel({ fresh: true }).catch((e: unknown) => e);
    expect(spent).toBeInstanceOf(QuotasSpent);
    const midnight = new Date(running.product.server.clock.now());
    midnight.setUTCHours(24, 0, 0, 0);
    expect((spent as QuotasSpent).until).toEqual(midnight);
  });
});
