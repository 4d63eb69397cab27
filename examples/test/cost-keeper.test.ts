/**
 * The example as its README has it: the organization is applied from the file, and the program runs
 * as a process of its own against the product and the simulated Bedrock. What it printed, what the
 * simulator billed and what the ledger has are the same calls.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { run } from '@tollkeeper/cli';
import { DEFAULT_CREDENTIALS } from '@tollkeeper/simulator';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const EXAMPLE = join(import.meta.dirname, '..', 'cost-keeper');
const ORG = '7b1d6f0e-3c52-4a6b-9a57-2f1f6c1f0c01';

let product: RunningProduct;
let dir: string;
beforeAll(async () => {
  product = await startProduct();
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-example-'));
});
afterAll(async () => {
  await product.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Applies the file and returns the credentials of the example's client. */
async function applied(): Promise<{ client_id: string; client_secret: string }> {
  const clients = join(dir, 'clients.jsonl');
  const file = join(EXAMPLE, 'org.yaml');
  const code = await run(['apply', '-f', file, '--yes', '--credentials-file', clients], {
    env: {
      TOLLKEEPER_ENDPOINT: product.endpoint,
      TOLLKEEPER_PROVISIONING_KEY: product.provisioningKey,
    },
    out: () => {},
    note: () => {},
    readFile: (path) => readFileSync(path, 'utf8'),
    fetch,
  });
  expect(code).toBe(0);
  const lines = readFileSync(clients, 'utf8').trimEnd().split('\n');
  return JSON.parse(lines.at(-1) ?? '') as { client_id: string; client_secret: string };
}

it('asks, calls, reports, and goes down the chain as quotas drain', async () => {
  const { client_id, client_secret } = await applied();
  const env = {
    PATH: process.env['PATH'],
    HOME: dir,
    TOLLKEEPER_ENDPOINT: product.endpoint,
    TOLLKEEPER_CLIENT_ID: client_id,
    TOLLKEEPER_CLIENT_SECRET: client_secret,
    TOLLKEEPER_SPOOL_DIR: join(dir, 'spool'),
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: product.simulator.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: DEFAULT_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: DEFAULT_CREDENTIALS.secretAccessKey,
  };
  const main = join(EXAMPLE, 'main.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env, cwd: dir });
  const lines = stdout.trimEnd().split('\n');

  // Down the chain and never up: each label until its quota is spent, then the next.
  const printed = lines.slice(0, -1).map((line) => line.split(' '));
  const labels = printed.map(([label = '']) => label);
  expect([...new Set(labels)]).toEqual(['premium', 'standard', 'economy']);
  expect(labels).toEqual([...labels].sort(inOrderOfChain));
  expect(lines.find((line) => line.startsWith('standard'))).toContain('(QUOTA_EXCEEDED_PREMIUM)');
  expect(lines.at(-1)).toMatch(/^spent until \d{4}-\d{2}-\d{2}T0[45]:00:00\.000Z$/);

  // The ledger has each call that the simulator billed, with its tokens, and no other.
  const book = (await product.book()).map(({ model_id, usage }) => ({ model_id, usage }));
  const { entries } = await product.client.listEntries({ query: { org_id: ORG, limit: 1000 } });
  expect(book).toHaveLength(printed.length);
  const sorted = (rows: readonly string[]): string[] => [...rows].sort();
  expect(
    sorted(
      entries.map(({ model_id, usage }) =>
        JSON.stringify([model_id, usage?.input_tokens, usage?.output_tokens]),
      ),
    ),
  ).toEqual(
    sorted(
      book.map(({ model_id, usage }) =>
        JSON.stringify([model_id, usage?.['input_tokens'], usage?.['output_tokens']]),
      ),
    ),
  );
});

const CHAIN = ['premium', 'standard', 'economy'];

function inOrderOfChain(a: string, b: string): number {
  return CHAIN.indexOf(a) - CHAIN.indexOf(b);
}
