/** The commands against the real product: what is asked, what is printed, what is said of it. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../src/run.ts';

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

const ROW = {
  model_id: 'acme.model-v1',
  region: 'us-east-1',
  scope: 'in_region',
  tier: 'standard',
  usage_class: 'input',
  context_band: 'all',
  effective_from: '2026-01-01',
  usd: '0.33',
  per: 1_000_000,
};

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
    readFile: (path) => {
      if (path === 'own') return JSON.stringify({ rows: [ROW] });
      throw new Error('no demo here');
    },
    fetch,
  });
  return { code, out: out.join(''), notes: notes.join('') };
}

const json = async (...argv: string[]): Promise<unknown> =>
  JSON.parse((await tollkeeper(...argv, '--json')).out);

it('goes the way of an administrator: organization, application, key, budget, grant', async () => {
  const org = '0199a0b0-0000-7000-8000-00000000000a';
  const labels = ['--model-ordering', 'premium,standard', '--quota-scope', 'ORG'];
  const sums = ['--quotas', 'premium=10000000', '--quotas', 'standard=5000000'];
  const quotas = [...sums, '--timezone', 'UTC', ...labels];
  expect(await json('orgs', 'put', org, '--org-name', 'Acme', ...quotas)).toMatchObject({
    status: 'created',
    credentials: { client_id: `org-${org}` },
    configuration: { model_ordering: ['premium', 'standard'], quotas: { premium: 10_000_000 } },
  });
  const app = await tollkeeper('apps', 'put', org, 'web', '--app-name', 'Web');
  expect(app).toMatchObject({ code: 0, notes: '' });
  const rotated = await json('apps', 'rotate-secret', org, 'web', '--grace-period-hours', '1');
  expect(rotated).toMatchObject({ rotation: { grace_period_hours: 1 } });
  expect(await json('signing-keys')).toMatchObject({ signing_keys: [{ retires_at: null }] });
  const key = (await json('keys', 'create', org, 'web', '--no-policy-cost-headers')) as {
    key_id: string;
    api_key: string;
  };
  expect(key.api_key).toMatch(/^tk_/);
  expect(await json('keys', 'list', org, 'web')).toMatchObject({
    keys: [{ key_id: key.key_id, policy: { cost_headers: false } }],
  });
  const budget = ['--scope-type', 'organization', '--scope-org-id', org, '--window', 'day'];
  const limit = ['--limit-unit', 'usd', '--limit-amount', '0.50'];
  expect(await json('budgets', 'put', 'acme', ...budget, ...limit)).toMatchObject({
    remaining: '0.5',
  });
  const grant = ['--kind', 's3_prefix', '--value', 's3://videos/'];
  expect(await json('grants', 'put', org, 'videos', ...grant)).toMatchObject({ region: null });
  expect(await tollkeeper('grants', 'delete', org, 'videos')).toEqual({
    code: 0,
    out: '',
    notes: 'Done.\n',
  });
  expect(await tollkeeper('keys', 'revoke', key.key_id)).toMatchObject({ code: 0, out: '' });
});

describe('a key for a user', () => {
  const demo = (endpoint: string): Record<string, string> => ({
    ...{ endpoint, provisioning_key: product.provisioningKey },
    ...{ org_id: product.orgId, app_id: product.appId },
  });

  async function create(endpoint: string, ...argv: string[]) {
    const notes: string[] = [];
    const code = await run(['keys', 'create', ...argv], {
      env: { TOLLKEEPER_ENDPOINT: product.endpoint },
      out: () => undefined,
      note: (text) => notes.push(text),
      readFile: () => JSON.stringify(demo(endpoint)),
      fetch,
    });
    return { code, notes: notes.join('') };
  }

  it('takes a name and nothing else beside a demo: its application is meant', async () => {
    expect(await create(product.endpoint, '--user', 'Ann Example')).toEqual({ code: 0, notes: '' });
    const listed = await json('keys', 'list', product.orgId, product.appId);
    const { keys } = listed as { keys: { user_id: string | null }[] };
    expect(keys.map(({ user_id }) => user_id)).toContain('Ann Example');
  });

  it('says which application is missing where the demo is not the gateway', async () => {
    const { code, notes } = await create('http://127.0.0.1:9', '--user', 'Ann');
    expect(code).toBe(2);
    expect(notes).toContain('<org_id> is missing');
    expect(notes).toContain('<app_id> is missing');
    const half = await create(product.endpoint, product.orgId, '--user', 'Ann');
    expect(half).toMatchObject({ code: 2 });
    expect(half.notes).toContain('<app_id> is missing');
  });

  it('has one user', async () => {
    const { code } = await create(product.endpoint, '--user', 'Ann', '--user-id', 'Bob');
    expect(code).toBe(2);
  });
});

describe('usage', () => {
  beforeAll(async () => {
    const answer = await fetch(`${product.endpoint}/model/amazon.nova-micro-v1%3A0/converse`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${product.apiKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }),
    });
    if (!answer.ok) throw new Error(await answer.text());
  });

  it('without a verb says who spent what on which model', async () => {
    const { code, out } = await tollkeeper('usage');
    expect(code).toBe(0);
    const [head, row, total] = out.split('\n');
    expect(head).toMatch(/^ORG_ID +APP_ID +MODEL_ID +COST_USD +REQUESTS/);
    expect(row).toContain('amazon.nova-micro-v1:0');
    expect(total).toMatch(/^total/);
  });

  it('takes a month or a day as its start in UTC', async () => {
    expect((await tollkeeper('usage', '--from', '2000-01', '--to', '2000-02-01')).code).toBe(0);
    expect(await json('usage', '--from', '2000-01')).toMatchObject({ total: { requests: 1 } });
    expect(await json('usage', '--to', '2000-01')).toMatchObject({ total: { requests: 0 } });
    expect((await tollkeeper('audit', '--from', '2026-11')).code).toBe(0);
  });

  it('is the same in the table, in JSON and in CSV', async () => {
    const summary = (await json('usage', 'summary')) as { groups: [{ cost_usd: string }] };
    const cost = summary.groups[0].cost_usd;
    expect(cost).toMatch(/^0\.0*[1-9]\d*$/);
    expect((await tollkeeper('usage')).out).toContain(cost);
    const csv = (await tollkeeper('usage', 'entries', '--csv')).out.split('\r\n');
    expect(csv[0]?.split(',')).toContain('cost_usd');
    expect(csv[1]).toContain(cost);
  });
});

describe('pages', () => {
  it('says how to go on, on stderr, and --all goes on by itself', async () => {
    const first = await tollkeeper('prices', '--region', 'us-east-1', '--limit', '2');
    expect(first.out.trimEnd().split('\n')).toHaveLength(3);
    expect(first.notes).toContain('--cursor 2');
    const query = ['prices', '--model-id', 'amazon.nova-micro-v1:0', '--region', 'us-east-1'];
    const whole = (await json(...query)) as { prices: unknown[] };
    const paged = (await json(...query, '--limit', '1', '--all')) as { prices: unknown[] };
    expect(whole.prices.length).toBeGreaterThan(1);
    expect(paged.prices).toEqual(whole.prices);
  });
});

it('says of every noun what it is about', async () => {
  const { out } = await tollkeeper('--help');
  expect(out).toContain('unit-hour-prices');
  expect(out).not.toMatch(/^ +(\S+) +\1$/m);
});

describe('what cannot be', () => {
  it('is refused before it is sent, with every flag named', async () => {
    const { code, out, notes } = await tollkeeper('budgets', 'put', 'b', '--window', 'year');
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(notes).toContain('  --window must be one of: hour, day, week, month, total\n');
    expect(notes).toContain('  --limit-* is missing\n');
    expect(notes).toMatch(/\nSee `tollkeeper budgets put --help`\.\n$/);
    expect((await tollkeeper('apps', 'list', 'acme')).notes).toContain('<org_id> must be a UUID');
  });

  it('by the server’s word names flags too', async () => {
    const price = ['--model-id', 'a.b', '--region', 'us-east-1', '--usd', '1'];
    const { code, notes } = await tollkeeper('prices', 'set', ...price, '--usage-class', 'apples');
    expect(code).toBe(1);
    expect(notes).toContain('INVALID_REQUEST: The request is not valid: --usage-class must be');
  });

  it('by the server’s word is told in the server’s words', async () => {
    const { code, notes } = await tollkeeper('budgets', 'get', 'none');
    expect(code).toBe(1);
    expect(notes).toContain('NOT_FOUND: The budget does not exist');
  });

  it.each<[string, string[]]>([
    ['usage', []],
    ['tail', []],
    ['prices', ['import', 'own']],
    ['rerate', ['--from', '2026-11', '--to', '2026-12']],
  ])(
    'is for %s a gateway that is not there: the endpoint is named, and why',
    async (verb, rest) => {
      const { code, notes } = await tollkeeper(verb, ...rest, '--endpoint', 'http://127.0.0.1:9');
      expect(code).toBe(1);
      expect(notes).toMatch(
        /^tollkeeper: The gateway at http:\/\/127\.0\.0\.1:9 does not answer: .+\n$/,
      );
    },
  );

  it('is two formats at once', async () => {
    expect((await tollkeeper('usage', '--json', '--csv')).code).toBe(2);
  });
});
