/** Files of organizations against the real product: what is shown, what is made, what is drift. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@tollkeeper/contract';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../src/run.ts';

let product: RunningProduct;
let dir: string;
let org: string;

beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-apply-'));
  org = product.server.ids.uuid();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const fileOf = (premium = 10_000_000): string => `
org_id: ${org}
org_name: Acme
timezone: America/New_York
quota_scope: APP
model_ordering: [premium, economy]
quotas: {premium: ${premium}, economy: 2000000}
applications:
  - app_id: web
    app_name: Web
    model_ordering: [economy]
    quotas: {economy: 1000000}
  - app_id: batch
    app_name: Batch
budgets:
  - budget_id: month-${org}
    scope: {type: organization}
    limit: {unit: usd, amount: 100}
    window: month
`;

async function tollkeeper(text: string, argv: readonly string[], answer?: string) {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await run(argv, {
    env: {
      TOLLKEEPER_ENDPOINT: product.endpoint,
      TOLLKEEPER_PROVISIONING_KEY: product.provisioningKey,
    },
    out: (each) => out.push(each),
    note: (each) => notes.push(each),
    readFile: () => text,
    fetch,
    ...(answer === undefined ? {} : { ask: async () => answer }),
  });
  return { code, out: out.join(''), notes: notes.join('') };
}

interface Secrets {
  readonly client_id: string;
  readonly client_secret: string;
}

const APPLY = ['apply', '-f', 'org.yaml'];
const DIFF = ['diff', '-f', 'org.yaml'];

async function isThere(): Promise<boolean> {
  const asked = product.client.getOrganization({ params: { org_id: org } });
  return asked.then(
    () => true,
    () => false,
  );
}

describe('apply', () => {
  it('shows the plan, and without --yes does nothing', async () => {
    const { code, out, notes } = await tollkeeper(fileOf(), APPLY);
    expect(code).toBe(0);
    expect(out).toContain(`+ organization ${org}: to create`);
    expect(out).toContain('    quotas.premium: 10000000');
    expect(out).toContain('+ application web: to create');
    expect(out).toContain('4 to create, 0 to change, 0 as they are');
    expect(notes).toMatch(/--yes.*\nNothing was changed/);
    expect(await isThere()).toBe(false);
  });

  it('asks whoever sits there', async () => {
    expect((await tollkeeper(fileOf(), APPLY, 'n')).notes).toContain('Nothing was changed');
    expect(await isThere()).toBe(false);
    expect((await tollkeeper(fileOf(), APPLY, 'y')).notes).toContain('Done: 4.');
    expect(await isThere()).toBe(true);
  });

  it('makes what the file states; a second time there is nothing to do', async () => {
    expect((await tollkeeper(fileOf(), [...APPLY, '--yes'])).code).toBe(0);
    const params = { org_id: org, app_id: 'web' };
    expect(await product.client.getOrganization({ params })).toMatchObject({
      org_name: 'Acme',
      timezone: 'America/New_York',
      quotas: { premium: 10_000_000, economy: 2_000_000 },
    });
    expect(await product.client.getApplication({ params })).toMatchObject({
      model_ordering: ['economy'],
      quotas: { economy: 1_000_000 },
    });
    const again = await tollkeeper(fileOf(), [...APPLY, '--yes']);
    expect(again).toMatchObject({ code: 0, notes: 'Nothing to do.\n' });
    expect(again.out).toContain('0 to create, 0 to change, 4 as they are');
  });

  it('prints the credentials of what it created, which are good, and later none', async () => {
    const first = await tollkeeper(fileOf(), [...APPLY, '--yes']);
    const lines = first.out.split('\n').filter((line) => line.startsWith('{'));
    const made = lines.map((line) => JSON.parse(line) as Secrets);
    expect(made.map(({ client_id }) => client_id)).toEqual([
      `org-${org}`,
      `org-${org}-app-web`,
      `org-${org}-app-batch`,
    ]);
    expect(first.notes).toContain('shown this once');
    const { endpoint } = product;
    const client = createClient({ endpoint, fetch });
    const secrets = made[1] ?? { client_id: '', client_secret: '' };
    const body = { grant_type: 'client_credentials', ...secrets };
    const tokens = await client.issueToken({ body });
    expect(tokens.scope).toBe(`org:${org} app:web`);
    const changed = await tollkeeper(fileOf(11_000_000), [...APPLY, '--yes']);
    expect(changed.out).toContain('    quotas.premium: 10000000 -> 11000000');
    expect(changed.out).not.toContain('client_secret');
  });

  it('writes them to a file instead, when it is told one', async () => {
    const path = join(dir, 'credentials');
    const argv = [...APPLY, '--yes', '--credentials-file', path];
    const { out, notes } = await tollkeeper(fileOf(), argv);
    expect(out).not.toContain('client_secret');
    expect(notes).toContain(`in ${path}`);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(3);
    org = product.server.ids.uuid();
    const refused = await tollkeeper(fileOf(), argv);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.notes).toContain('is there already');
    expect(await isThere()).toBe(false);
  });

  it('says all of it as JSON', async () => {
    const { out } = await tollkeeper(fileOf(), [...APPLY, '--yes', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      done: 4,
      plan: { things: [{ kind: 'organization', action: 'create' }, {}, {}, {}] },
      credentials: [{ client_id: `org-${org}` }, {}, {}],
    });
  });

  it('leaves alone what the file does not mention, and says so', async () => {
    await tollkeeper(fileOf(), [...APPLY, '--yes']);
    await product.client.putApplication({
      params: { org_id: org, app_id: 'other' },
      body: { app_name: 'Other' },
    });
    const { code, out } = await tollkeeper(fileOf(), DIFF);
    expect(code).toBe(0);
    expect(out).toContain(`not in the file, left alone: application other of ${org}`);
    expect(out).not.toContain('quota:');
  });

  it('refuses a file that the API would refuse halfway, before anything is done', async () => {
    const bad = fileOf().replace('window: month', 'window: year');
    const { code, notes } = await tollkeeper(bad, [...APPLY, '--yes']);
    expect(code).toBe(2);
    expect(notes).toMatch(/org\.yaml:19: window must be one of: hour, day/);
    expect(await isThere()).toBe(false);
  });

  it('refuses a number of shards that cannot change', async () => {
    await tollkeeper(fileOf(), [...APPLY, '--yes']);
    const { code, notes } = await tollkeeper(
      `${fileOf()}overrides: {agg_shard_count: 64}\n`,
      APPLY,
    );
    expect(code).toBe(2);
    expect(notes).toContain('agg_shard_count');
    expect(notes).toContain('cannot change');
  });

  it('tells how far it came when the API refuses, and removes no credentials', async () => {
    const path = join(dir, 'credentials');
    const bad = fileOf().replace('model_ordering: [economy]', 'model_ordering: [nonesuch]');
    const { code, notes } = await tollkeeper(bad, [...APPLY, '--yes', '--credentials-file', path]);
    expect(code).toBe(1);
    expect(notes).toContain(
      '1 of 4 are done. Not application web; apply the file again for the rest.',
    );
    expect(notes).toContain('INVALID_CONFIG');
    expect(existsSync(path)).toBe(true);
    const again = await tollkeeper(fileOf(), [...APPLY, '--yes']);
    expect(again.notes).toContain('Done: 3.');
  });
});

describe('diff', () => {
  it('exits with 0 when all is as stated, and with 10 and the drift when it is not', async () => {
    expect(await tollkeeper(fileOf(), DIFF)).toMatchObject({ code: 10 });
    await tollkeeper(fileOf(), [...APPLY, '--yes']);
    expect(await tollkeeper(fileOf(), DIFF)).toMatchObject({ code: 0 });
    const body = { scope: { type: 'organization', org_id: org }, window: 'month' } as const;
    await product.client.putBudget({
      params: { budget_id: `month-${org}` },
      body: { ...body, limit: { unit: 'usd', amount: '50' } },
    });
    const { code, out } = await tollkeeper(fileOf(), DIFF);
    expect(code).toBe(10);
    expect(out).toContain('    limit.amount: "50" -> "100"');
  });

  it('exits with 2 for a file that cannot be read', async () => {
    expect(await tollkeeper('organizations: 3', DIFF)).toMatchObject({ code: 2 });
  });
});
