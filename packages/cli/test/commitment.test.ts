/**
 * Buying from the command line, against the real product: nothing is bought that nobody agreed to.
 */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../src/run.ts';

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct({ settings: { confirmCommitments: true } });
});
afterAll(() => product.close());

async function tollkeeper(answer: string | null, ...argv: string[]) {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await run(argv, {
    env: {
      TOLLKEEPER_ENDPOINT: product.endpoint,
      TOLLKEEPER_PROVISIONING_KEY: product.provisioningKey,
    },
    out: (text) => out.push(text),
    note: (text) => notes.push(text),
    readFile: () => {
      throw new Error('no demo here');
    },
    ...(answer === null ? {} : { ask: () => Promise.resolve(answer) }),
    fetch,
  });
  return { code, out: out.join(''), notes: notes.join('') };
}

const MODEL = ['--model-id', 'anthropic.claude-3-sonnet-20240229-v1:0', '--model-units', '1'];
const CREATE = ['provisioned', 'create', ...MODEL, '--commitment', 'one_month'];

async function names(): Promise<readonly string[]> {
  const { out } = await tollkeeper(null, 'provisioned', 'list', '--json');
  const list = JSON.parse(out) as { provisioned_throughput: { name: string }[] };
  // What the simulated account had before belongs to nobody here.
  const found = list.provisioned_throughput.map(({ name }) => name);
  return found.filter((name) => !name.startsWith('simulated-'));
}

it('buys a commitment only when that is agreed to, and then once', async () => {
  const refused = await tollkeeper('n', ...CREATE);
  expect(refused).toMatchObject({ code: 0, out: '' });
  expect(refused.notes).toContain('commits to 1 model unit for one month');
  expect(refused.notes).toContain('Nothing was bought.');
  expect((await tollkeeper(null, ...CREATE)).code).not.toBe(0);
  expect(await names()).toEqual([]);

  const tags = ['--tags', 'project=one', '--tags', 'formula=a=b'];
  const bought = await tollkeeper('y', ...CREATE, '--name', 'mine', ...tags, '--json');
  expect(JSON.parse(bought.out)).toMatchObject({ dry_run: false });
  expect(await names()).toEqual(['mine']);
  const shown = await tollkeeper(null, 'provisioned', 'tags', 'mine', '--json');
  expect(JSON.parse(shown.out)).toMatchObject({ tags: { project: 'one', formula: 'a=b' } });
});
