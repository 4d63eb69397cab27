/** The table in DynamoDB by the command line. */
import { type DynamoEngine, startDynamoEngine } from '@tollkeeper/testkit/dynamo-engine';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../src/run.ts';

let engine: DynamoEngine;

beforeAll(async () => {
  engine = await startDynamoEngine('dynoxide');
});
afterAll(() => engine.stop());

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
}

async function tollkeeper(...argv: readonly string[]): Promise<Ended> {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await run(argv, {
    env: {},
    out: (text) => out.push(text),
    note: (text) => notes.push(text),
    readFile: () => '',
    fetch,
  });
  return { code, out: out.join(''), notes: notes.join('') };
}

/** Runs `tollkeeper store` on the table of this test. */
function store(...argv: readonly string[]): Promise<Ended> {
  const place = ['--store', 'dynamodb', '--dynamodb-endpoint', engine.endpoint];
  return tollkeeper('store', ...argv, ...place, '--table-prefix', 'cli-');
}

it('makes the table once, and tells what there is', async () => {
  const before = await store('status');
  expect(before.code).toBe(1);
  expect(before.notes).toContain(`There is no table cli-tollkeeper at ${engine.endpoint}.`);

  const made = await store('init');
  expect(made).toMatchObject({
    code: 0,
    out: `The table cli-tollkeeper at ${engine.endpoint} was made, and is ready.\n`,
  });
  const again = await store('init', '--json');
  expect(JSON.parse(again.out)).toEqual({ table: 'cli-tollkeeper', created: false });

  const found = await store('status', '--json');
  expect(JSON.parse(found.out)).toMatchObject({
    table: 'cli-tollkeeper',
    state: 'ACTIVE',
    billing: 'PAY_PER_REQUEST',
    ttl: true,
    schema: 1,
    instances: { alive: 0, silent: 0, fenced: 0 },
  });
  const said = await store('status');
  expect(said.out).toContain('billed on demand; items expire by themselves');
});

it('says what is wrong when the settings name no table, or nobody answers', async () => {
  const file = await tollkeeper('store', 'init');
  expect(file.code).toBe(2);
  expect(file.notes).toContain('--store dynamodb');

  const nobody = ['--store', 'dynamodb', '--dynamodb-endpoint', 'http://127.0.0.1:9'];
  const away = await tollkeeper('store', 'init', ...nobody);
  expect(away.code).toBe(1);
  expect(away.notes).toMatch(/DynamoDB.*(ECONNREFUSED|refused)/);
});
