/** The program as a process: data on stdout, words on stderr, exit codes for scripts. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tollkeeper } from './program.ts';

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

const env = (key: Record<string, string>) => ({ TOLLKEEPER_ENDPOINT: product.endpoint, ...key });

it('prints data on stdout and nothing else there', async () => {
  const provisioning = env({ TOLLKEEPER_PROVISIONING_KEY: product.provisioningKey });
  const { code, out, notes } = await tollkeeper(['orgs', 'list', '--json'], provisioning);
  expect({ code, notes }).toEqual({ code: 0, notes: '' });
  expect(JSON.parse(out)).toMatchObject({ organizations: [{ org_id: product.orgId }] });
});

it('sees what an API key may see, and exits with 4 where it may not', async () => {
  const own = env({ TOLLKEEPER_API_KEY: product.apiKey });
  const budgets = await tollkeeper(['budgets', 'list', '--csv'], own);
  expect(budgets.code).toBe(0);
  expect(budgets.out.split('\r\n')).toHaveLength(3);
  const orgs = await tollkeeper(['orgs', 'list'], own);
  expect({ code: orgs.code, out: orgs.out }).toEqual({ code: 4, out: '' });
  expect(orgs.notes).toContain('FORBIDDEN');
  const nobody = await tollkeeper(['orgs', 'list'], env({}));
  expect(nobody.code).toBe(4);
  expect(nobody.notes).toContain('UNAUTHORIZED');
});

it('exits with 2 for wrong usage and with 1 when nobody answers', async () => {
  expect((await tollkeeper(['orgs', 'frobnicate'])).code).toBe(2);
  const nobody = { TOLLKEEPER_ENDPOINT: 'http://127.0.0.1:1' };
  const gone = await tollkeeper(['orgs', 'list'], nobody);
  expect(gone.code).toBe(1);
  expect(gone.notes).toMatch(/^tollkeeper: The gateway at \S+ does not answer: /);
});
