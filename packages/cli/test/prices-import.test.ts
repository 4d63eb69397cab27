/** Imports of price lists against the real product: what is shown, asked, and then counts. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../src/run.ts';

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

/** An offer in AWS's layout: a price of Nova Lite, and something that nobody has heard of. */
const OFFER = {
  formatVersion: 'v1.0',
  offerCode: 'AmazonBedrock',
  version: '20261001000000',
  publicationDate: '2026-10-01T00:00:00Z',
  products: {
    S1: aProduct('S1', 'USE1-NovaLite-input-tokens', {
      model: 'Nova Lite',
      inferenceType: 'Input tokens',
      regionCode: 'us-east-1',
    }),
    S2: aProduct('S2', 'USE1-SomethingNew-widgets', {}),
  },
  terms: {
    OnDemand: {
      S1: aTerm('S1', '1K tokens', '0.0000500000'),
      S2: aTerm('S2', 'Widgets', '1'),
    },
  },
};

function aProduct(sku: string, usagetype: string, attributes: object) {
  const all = { servicecode: 'AmazonBedrock', usagetype, ...attributes };
  return { sku, productFamily: 'Amazon Bedrock', attributes: all };
}

function aTerm(sku: string, unit: string, USD: string) {
  const offerTermCode = 'JRTCKXETXF';
  const rateCode = `${sku}.${offerTermCode}.6YS6EN2CT7`;
  const dimension = { rateCode, unit, beginRange: '0', endRange: 'Inf', pricePerUnit: { USD } };
  const term = {
    sku,
    offerTermCode,
    effectiveDate: '2026-10-01T00:00:00Z',
    priceDimensions: { [rateCode]: dimension },
  };
  return { [`${sku}.${offerTermCode}`]: term };
}

const OWN = {
  rows: [
    {
      model_id: 'acme.model-v1',
      region: 'us-east-1',
      scope: 'in_region',
      tier: 'standard',
      usage_class: 'input',
      context_band: 'all',
      effective_from: '2026-01-01',
      usd: '0.33',
      per: 1_000_000,
    },
  ],
};

async function tollkeeper(files: object, argv: readonly string[], answer?: string) {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await run(argv, {
    env: {
      TOLLKEEPER_ENDPOINT: product.endpoint,
      TOLLKEEPER_PROVISIONING_KEY: product.provisioningKey,
    },
    out: (text) => out.push(text),
    note: (text) => notes.push(text),
    readFile: (path) => JSON.stringify(Reflect.get(files, path)),
    fetch,
    ...(answer === undefined ? {} : { ask: async () => answer }),
  });
  return { code, out: out.join(''), notes: notes.join('') };
}

const current = async (): Promise<string> => (await product.client.listPrices()).price_version;

it('shows in a dry run what would change, and what could not be taken, by reason', async () => {
  const before = await current();
  const argv = ['prices', 'import', 'offer', '--dry-run'];
  const { code, out, notes } = await tollkeeper({ offer: OFFER }, argv);
  expect(notes).toContain('dry run');
  expect(out).toMatch(/taken, as 2 rows +1/);
  expect(out).toMatch(/rejected: unknown_usage_type +1/);
  expect(out).toContain('amazon.nova-lite-v1:0');
  expect(out).toContain('0.00000005');
  expect(code).toBe(0);
  expect(await current()).toBe(before);
});

it('asks before it changes anything, and makes one version when that is confirmed', async () => {
  const before = await current();
  const argv = ['prices', 'import', 'offer', '--note', 'October list'];
  const declined = await tollkeeper({ offer: OFFER }, argv, 'n');
  expect(declined.notes).toContain('Nothing was changed.');
  expect(await current()).toBe(before);
  const nobody = await tollkeeper({ offer: OFFER }, argv);
  expect(nobody).toMatchObject({ code: 2 });
  expect(nobody.notes).toContain('--yes');

  const { code } = await tollkeeper({ offer: OFFER }, argv, 'yes');
  expect(code).toBe(0);
  const { versions } = await product.client.listPriceVersions();
  expect(versions[0]).toMatchObject({ reason: 'import', note: 'October list' });
  expect(versions[0]?.price_version).not.toBe(before);
  const query = { model_id: 'amazon.nova-lite-v1:0', region: 'us-east-1' };
  const { prices } = await product.client.listPrices({ query });
  const price = prices.find(
    ({ usage_class, scope, tier }) =>
      usage_class === 'input' && scope === 'in_region' && tier === 'standard',
  );
  expect(price).toMatchObject({ unit_price_usd: '0.00000005', source: 'PRICING_API' });

  const again = await tollkeeper({ offer: OFFER }, [...argv, '--yes']);
  expect(again.notes).toContain('Nothing to change');
});

it('takes rows of one own, and says so as JSON', async () => {
  const argv = ['prices', 'import', 'own', '--yes', '--json'];
  const { code, out } = await tollkeeper({ own: OWN }, argv);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    read: { origin: 'operator', rows: 1 },
    outcome: { added: 1, changed: 0, removed: 0, dry_run: false },
  });
  const { prices } = await product.client.listPrices({ query: { model_id: 'acme.model-v1' } });
  expect(prices).toMatchObject([{ usd: '0.33', source: 'CONFIG_FALLBACK' }]);
});

it('refuses what is no price list, and leaves nothing behind', async () => {
  const before = await current();
  for (const wrong of [{}, [], { offerCode: 'AmazonEC2', products: {}, terms: {} }]) {
    const argv = ['prices', 'import', 'offer', 'wrong', '--yes'];
    const { code, notes } = await tollkeeper({ offer: OFFER, wrong }, argv);
    expect(code).toBe(2);
    expect(notes).toMatch(/^tollkeeper: wrong: .*price offer.*AmazonBedrockService.*"rows"/s);
  }
  const rows = [...OWN.rows, { ...OWN.rows[0], usd: 'cheap' }];
  const bad = await tollkeeper({ own: { rows } }, ['prices', 'import', 'own', '--yes']);
  expect(bad.code).toBe(2);
  expect(bad.notes).toMatch(/own has rows.*rows\[1\]\.usd must be a decimal number/s);
  const mixed = ['prices', 'import', 'own', 'offer', '--yes'];
  expect(await tollkeeper({ own: OWN, offer: OFFER }, mixed)).toMatchObject({ code: 2 });
  expect(await current()).toBe(before);
  const { items } = await product.server.stores.catalog.list('price_import', { limit: 10 });
  expect(items).toEqual([]);
});
