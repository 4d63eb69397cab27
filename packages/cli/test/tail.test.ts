/** The tail against the real product: a line for every call, JSON for programs. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../src/run.ts';
import { lineOf } from '../src/tail.ts';

let product: RunningProduct;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

const MODEL = 'amazon.nova-micro-v1:0';

async function converse(model = MODEL, key = product.apiKey): Promise<number> {
  const path = `/model/${encodeURIComponent(model)}/converse`;
  const answer = await fetch(product.endpoint + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Runs the command; `then` is done once it listens. */
async function tailing(argv: readonly string[], then: () => Promise<unknown>, terminal = false) {
  const out: string[] = [];
  const listens = Promise.withResolvers<void>();
  const notes: string[] = [];
  const ended = run(['tail', ...argv], {
    env: {
      TOLLKEEPER_ENDPOINT: product.endpoint,
      TOLLKEEPER_PROVISIONING_KEY: product.provisioningKey,
    },
    out: (text) => out.push(text),
    note: (text) => {
      notes.push(text);
      if (text.startsWith('Listening')) listens.resolve();
    },
    readFile: () => {
      throw new Error('no demo here');
    },
    fetch,
    terminal,
  });
  await Promise.race([listens.promise, ended]);
  await then();
  return { code: await ended, out: out.join(''), notes: notes.join('') };
}

it('prints a line for every call as it is settled, and for every refusal', async () => {
  const { code, out } = await tailing(['--count', '2'], async () => {
    expect(await converse()).toBe(200);
    expect(await converse('no.such-model')).not.toBe(200);
  });
  expect(code).toBe(0);
  const [entry, refusal] = out.split('\n');
  expect(entry).toMatch(
    /^[\d:.]{12} {2}ok +app {2}amazon\.nova-micro-v1:0 {2}in \d+ out \d+ {2}\$0/,
  );
  expect(refusal).toMatch(/^[\d:.]{12} {2}refused here +app {2}no\.such-model/);
});

it('says as JSON what the ledger says', async () => {
  const { out } = await tailing(['--json', '--count', '1'], () => converse());
  const { type, entry } = JSON.parse(out) as { type: string; entry: { entry_id: string } };
  expect(type).toBe('entry');
  const { entries } = await product.client.listEntries({});
  const { writer_id, sequence, ...same } = entries.at(-1) ?? {};
  expect([typeof writer_id, typeof sequence]).toEqual(['string', 'number']);
  expect(entry).toEqual(same);
});

it('shows only what is asked for', async () => {
  const argv = ['--json', '--count', '1', '--kind', 'refusal', '--key-id', product.keyId];
  const { out } = await tailing(argv, async () => {
    await converse();
    await converse(MODEL, 'tk_unknown');
    await converse('no.such-model');
  });
  expect(JSON.parse(out)).toMatchObject({
    type: 'refusal',
    refusal: { key_id: product.keyId, model_id: 'no.such-model' },
  });
});

it('refuses what cannot be listened to', async () => {
  const { code, notes } = await tailing(['--kind', 'gossip'], () => Promise.resolve());
  expect([code, notes]).toEqual([2, expect.stringContaining('  --kind must be')]);
  expect(await tailing(['--count', 'many'], () => Promise.resolve())).toMatchObject({ code: 2 });
});

it('has colours on a terminal, and never those of somebody else', () => {
  const refusal = {
    at: '2026-11-22T14:33:00.123Z',
    request_id: 'r',
    org_id: null,
    app_id: '\u001b[2Jweb',
    user_id: null,
    key_id: null,
    model_id: 'm',
    error: 'E',
    reason: 'budget_spent',
  };
  const event = { type: 'refusal', refusal } as const;
  expect(lineOf(event, {})).toBe('14:33:00.123  refused here     [2Jweb  m  budget_spent  E\n');
  expect(lineOf(event, { terminal: true })).toContain('\u001b[31mrefused here  \u001b[0m   [2Jweb');
  expect(lineOf({ type: 'missed', missed: 3 }, {})).toContain('3 missed');
});
