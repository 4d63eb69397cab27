/** Re-rating from the command line against the real product. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../src/run.ts';

const MODEL = 'amazon.nova-lite-v1:0';
const TODAY = new Date().toISOString().slice(0, 10);
const PERIOD = ['--from', TODAY, '--to', '2099-01-01'];

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct();
  for (let call = 0; call < 3; call++) {
    const response = await fetch(`${product.endpoint}/model/${MODEL}/converse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${product.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        messages: [{ role: 'user', content: [{ text: 'hello' }] }],
        inferenceConfig: { maxTokens: 20 },
      }),
    });
    expect(response.status).toBe(200);
    await response.text();
  }
  // Twice the price of the list, from today on.
  await product.client.putPriceLayer({
    params: { layer_id: 'double' },
    body: { kind: 'markup', percent: '100', org_id: product.orgId },
  });
});
afterAll(() => product.close());

async function tollkeeper(...argv: string[]) {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await run(argv, {
    env: {
      TOLLKEEPER_ENDPOINT: product.endpoint,
      TOLLKEEPER_PROVISIONING_KEY: product.provisioningKey,
    },
    out: (text) => out.push(text),
    note: (text) => notes.push(text),
    readFile: () => '{}',
    fetch,
  });
  return { code, out: out.join(''), notes: notes.join('') };
}

const spent = async () => (await product.client.summarizeUsage()).total;

it('shows the difference by organization and model, a dry run appends nothing', async () => {
  const before = await spent();
  const { code, out, notes } = await tollkeeper('rerate', ...PERIOD, '--dry-run');
  expect(code).toBe(0);
  expect(out).toContain(MODEL);
  expect(out).toContain(product.orgId);
  expect(out).toContain(before.cost_usd);
  expect(notes).toContain('dry run');
  expect(await spent()).toEqual(before);
});

it('appends corrections when told to, doubles the cost, and adds nothing again', async () => {
  const before = await spent();
  const { code, out } = await tollkeeper('rerate', ...PERIOD, '--yes', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    status: 'done',
    corrected_entries: 3,
    before_usd: before.cost_usd,
    difference_usd: before.cost_usd,
  });
  const after = await spent();
  expect(Number(after.cost_usd)).toBeCloseTo(2 * Number(before.cost_usd), 12);
  expect({ ...after, cost_usd: '' }).toEqual({ ...before, cost_usd: '' });
  const { entries } = await product.client.listEntries();
  const corrections = entries.filter(({ entry_type }) => entry_type === 'correction');
  expect(corrections).toHaveLength(3);
  expect(corrections[0]).toMatchObject({
    source: 'job',
    price_layers: [{ layer_id: 'double', kind: 'markup', percent: '100' }],
  });

  const again = await tollkeeper('rerate', ...PERIOD, '--yes');
  expect(again.notes).toContain('Nothing to correct');
  expect(await spent()).toEqual(after);
});

it('needs a period that can be read, and somebody to ask', async () => {
  expect(await tollkeeper('rerate', '--from', 'May', '--to', TODAY)).toMatchObject({ code: 2 });
  const backwards = await tollkeeper('rerate', '--from', '2026-11', '--to', '2026-10');
  expect(backwards.notes).toContain('--to must be later than');
  await product.client.deletePriceLayer({ params: { layer_id: 'double' } });
  const nobody = await tollkeeper('rerate', ...PERIOD);
  expect(nobody).toMatchObject({ code: 2 });
  expect(nobody.notes).toContain('--yes');
});
