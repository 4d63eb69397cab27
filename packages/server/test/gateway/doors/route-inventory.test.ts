/**
 * Every way to a model, found by enumeration: the operations and the doors. Each goes through
 * admission, so that a spent budget refuses it in its own words, and leaves exactly one entry. What
 * is none of them, under any of their prefixes, is refused and never sent.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUDGET_ID, startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DOORS } from '../../../src/gateway/doors/doors.ts';
import { OPERATIONS, type OperationPath } from '../../../src/gateway/wire/reading.ts';
import { call, converseBody, entriesOf } from '../requests.ts';
import { signIn } from './person.ts';

const NOVA = 'amazon.nova-micro-v1:0';
const SRC = join(import.meta.dirname, '../../../src');

interface Route {
  readonly path: string;
  readonly query?: string;
  readonly body: string;
  readonly person: boolean;
  /** How it tells an error. */
  readonly errors: 'aws' | 'plain';
  readonly tellsUsage: boolean;
}

/** A request for each operation; the compiler asks for one when there is a new one. */
const BODIES: Readonly<Record<OperationPath, string>> = {
  converse: converseBody('Hello'),
  'converse-stream': converseBody('Hello'),
  invoke: converseBody('Hello'),
  'invoke-with-response-stream': converseBody('Hello'),
  'count-tokens': JSON.stringify({ input: { converse: { messages: messages('Hello') } } }),
  'apply-guardrail': JSON.stringify({ source: 'INPUT', content: [{ text: { text: 'Hello' } }] }),
  'guardrail-checks': JSON.stringify({
    checks: { contentFilter: { categories: [{ category: 'HATE' }] } },
    messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
  }),
};

/** A request for each door, by its path. */
const AT_DOORS: Readonly<Record<string, Pick<Route, 'body' | 'query'>>> = {
  '/invoke-model': { body: apportioned() },
  '/v1/invoke-model': { body: apportioned() },
  '/invoke-model-with-response-stream': { body: apportioned() },
  '/v1/invoke-model-with-response-stream': { body: apportioned() },
  '/invoke_model': { query: `?model_id=${NOVA}`, body: JSON.stringify({ inputs: 'Hello' }) },
  '/bedrock/chat': { body: JSON.stringify({ prompt: 'Hello' }) },
};

function messages(text: string): unknown {
  return [{ role: 'user', content: [{ text }] }];
}

function apportioned(): string {
  return JSON.stringify({ modelId: NOVA, body: JSON.parse(converseBody('Hello')) as unknown });
}

const ROUTES: readonly Route[] = [
  ...(Object.keys(OPERATIONS) as OperationPath[]).map((operation): Route => ({
    path: OPERATIONS[operation].template
      .replace('{modelId}', encodeURIComponent(NOVA))
      .replace('{guardrailIdentifier}', 'simguardrail')
      .replace('{guardrailVersion}', '1'),
    body: BODIES[operation],
    person: false,
    errors: 'aws',
    tellsUsage: true,
  })),
  ...DOORS.flatMap((door) =>
    door.paths.map((path): Route => {
      const asked = AT_DOORS[path];
      if (asked === undefined) throw new Error(`The door ${path} is in no test.`);
      const { takes, errors, tellsUsage } = door;
      return { path, ...asked, person: takes === 'person', errors, tellsUsage };
    }),
  ),
];

let product: RunningProduct;
let token: string;

beforeAll(async () => {
  product = await startProduct({ settings: { chatModel: NOVA } });
  token = await signIn(product);
  await product.client.putGrant({
    params: { org_id: product.orgId, grant_id: 'guardrail' },
    body: { kind: 'arn', value: 'arn:aws:bedrock:us-east-1:123456789012:guardrail/simguardrail' },
  });
});

afterAll(() => product.close());

function ask({ path, query = '', body, person }: Route) {
  const authorization = `Bearer ${person ? token : product.apiKey}`;
  return call(product, { path: `${path}${query}`, key: null, headers: { authorization }, body });
}

async function countEntries(): Promise<number> {
  const query = { limit: 200 };
  const { entries, next_cursor } = await product.client.listEntries({ query });
  expect(next_cursor).toBeNull();
  return entries.length;
}

describe.each(ROUTES)('$path', (route) => {
  test('leaves exactly one entry, and holds nothing back', async () => {
    const before = await countEntries();
    const sent = (await product.book()).length;
    const answer = await ask(route);
    expect([answer.status, answer.message]).toEqual([200, '']);
    const [entry, ...others] = await entriesOf(product, answer.requestId);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ org_id: product.orgId, entry_type: 'attempt' });
    expect(await countEntries()).toBe(before + 1);
    expect(await product.server.stores.ledger.holds()).toEqual([]);
    // The model service has seen the attempt of that entry, and no other.
    const rows = (await product.book()).slice(sent);
    expect(rows.map(({ attempt_id }) => attempt_id)).toEqual([entry?.attempt_id]);
  });

  test('is refused by a spent budget, in its own words, before anything is sent', async () => {
    await setBudget('requests', '0');
    try {
      const sent = (await product.book()).length;
      const answer = await ask(route);
      expect(answer.status).toBe(400);
      const told = JSON.parse(answer.body.toString()) as Record<string, unknown>;
      expect(Object.keys(told)).toEqual([route.errors === 'aws' ? 'message' : 'error']);
      const words = String(Object.values(told)[0]);
      if (route.tellsUsage) expect(words).toContain(BUDGET_ID);
      else expect(words).toMatch(/^[^\d]*budget[^\d]*$/);
      expect(answer.error).toBe(route.errors === 'aws' ? 'ServiceQuotaExceededException' : '');
      expect((await product.book()).length).toBe(sent);
      expect(await entriesOf(product, answer.requestId)).toEqual([]);
      expect(await product.server.stores.ledger.holds()).toEqual([]);
    } finally {
      await setBudget('usd', '10');
    }
  });

  test('has no neighbours: what is not that path, under its prefixes, is refused', async () => {
    const sent = (await product.book()).length;
    for (const path of neighboursOf(route.path)) {
      const answer = await ask({ ...route, path });
      expect([path, answer.status]).toEqual([
        path,
        expect.toSatisfy((status: number) => status === 404 || status === 400),
      ]);
      expect([path, answer.error]).toEqual([
        path,
        expect.stringMatching(/^(UnknownOperationException|ValidationException)$/),
      ]);
    }
    expect((await product.book()).length).toBe(sent);
  });

  test('is called with POST alone', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      const answer = await fetch(`${product.endpoint}${route.path}`, { method });
      expect([method, answer.status]).toEqual([method, 404]);
    }
  });
});

/** Paths around one that a wildcard, a folded slash or a second decoding would serve. */
function neighboursOf(path: string): readonly string[] {
  const segments = path.split('/');
  const [, first = '', ...rest] = segments;
  return [
    `${path}/`,
    `${path}/more`,
    `/${path}`,
    `${path}%2f`,
    ['', `%${first.charCodeAt(0).toString(16)}${first.slice(1)}`, ...rest].join('/'),
    `${segments.slice(0, -1).join('/')}/../${segments.at(-1) ?? ''}`,
  ].filter((each) => each !== path);
}

async function setBudget(unit: 'usd' | 'requests', amount: string): Promise<void> {
  await product.client.putBudget({
    params: { budget_id: BUDGET_ID },
    body: {
      scope: { type: 'organization', org_id: product.orgId },
      limit: { unit, amount },
      window: 'day',
      timezone: 'UTC',
      mode: 'enforce',
    },
  });
}

test('nothing but the pipeline sends upstream, and nothing but the front door calls it', () => {
  expect(filesWith(/\bupstream\.send\(/)).toEqual(['gateway/forward.ts']);
  expect(filesWith(/\bawait forward\(/)).toEqual(['gateway/pipeline.ts']);
  expect(filesWith(/\bserveCall\(/)).toEqual(['gateway/pipeline.ts', 'http/front-door.ts']);
});

function filesWith(pattern: RegExp): readonly string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => pattern.test(readFileSync(join(SRC, file), 'utf8')))
    .sort();
}
