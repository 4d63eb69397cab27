/**
 * Logs are JSON lines on the standard error of the process, by weight; seen from outside of one.
 */
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const source = pathToFileURL(
  join(import.meta.dirname, '../../../src/adapters/telemetry/telemetry.ts'),
).href;

/** Runs `body` with `telemetry` at hand in a process of its own. */
function logged(
  level: string,
  body: string,
  emf = 'off',
): { stdout: string; lines: Record<string, unknown>[] } {
  const program = `
    import { openTelemetry } from ${JSON.stringify(source)};
    const counted = [];
    const count = (name) => () => counted.push(name);
    const metrics = {
      settled: count('settled'), refused: count('refused'), excess: count('excess'),
      apportioned: count('apportioned'),
    };
    const emf = { emfMetrics: ${JSON.stringify(emf)}, emfNamespace: 'N' };
    const telemetry = openTelemetry({ level: ${JSON.stringify(level)}, metrics, emf });
    ${body}
    console.log(counted.join());
  `;
  const args = ['--input-type=module', '--eval', program];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect([status, stderr.includes('Error')]).toEqual([0, false]);
  const texts = stderr.split('\n').filter((line) => line !== '');
  return { stdout, lines: texts.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a line has a time, a message and its fields, and nothing of the machine', () => {
  const { lines } = logged('info', "telemetry.log('info', 'Hello.', { attempt_id: 'a' });");
  expect(lines).toEqual([
    {
      level: 30,
      time: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      attempt_id: 'a',
      msg: 'Hello.',
    },
  ]);
});

test('lines below the level are not written', () => {
  const body =
    "for (const level of ['debug', 'info', 'warn', 'error']) telemetry.log(level, level);";
  expect(logged('warn', body).lines.map((line) => line['msg'])).toEqual(['warn', 'error']);
  expect(logged('silent', body).lines).toEqual([]);
});

test('usage above the bound is an error that names the attempt and the budgets', () => {
  const intent = "{ attempt_id: 'a', subject: { model_id: 'm' } }";
  const { stdout, lines } = logged('info', `telemetry.excess(${intent}, ['b']);`);
  expect(lines).toMatchObject([{ level: 50, attempt_id: 'a', model_id: 'm', budgets: ['b'] }]);
  expect(stdout.trim()).toBe('excess');
});

test('refusals and settlements are counted; a settlement is no line, it is in the ledger', () => {
  const { stdout, lines } = logged(
    'info',
    "telemetry.refused({ reason: 'budget_spent' }); telemetry.settled({});",
  );
  expect(stdout.trim()).toBe('refused,settled');
  expect(lines).toMatchObject([{ reason: 'budget_spent', msg: 'refused' }]);
});

const SETTLED = JSON.stringify({
  ...{ user_id: 'u', key_id: 'k', model_id: 'm', request_id: 'r', operation: 'InvokeModel' },
  ...{ outcome: 'ok', charges: [], started_at: 0, ended_at: 1 },
  usage: { input_tokens: 1, output_tokens: 2, cache_read_input_tokens: 0 },
});
/** A settled call, with what JSON cannot say. */
const settled = (through: object | undefined): string => `
  const entry = { ...${SETTLED}, cost: 3n };
  for (const ttl of ['5m', '1h', '30m']) entry.usage[\`cache_write_\${ttl}_input_tokens\`] = 0;
  telemetry.settled(entry, undefined, ${JSON.stringify(through)});`;
const APPORTIONED = settled({ door: 'apportioning', tenant_id: 't' });

test('calls of the apportioning door are counted, and told as metrics where that is on', () => {
  const off = logged('warn', APPORTIONED);
  expect([off.stdout.trim(), off.lines]).toEqual(['settled,apportioned', []]);
  const on = logged('error', APPORTIONED, 'apportioning');
  expect(on.lines).toMatchObject([{ PrincipalId: 'User::u', InputTokensUsed: 1 }]);
});

test('other calls are told as metrics only where all are', () => {
  for (const through of [undefined, { door: 'profiling', tenant_id: 't' }]) {
    expect(logged('info', settled(through), 'apportioning').lines).toEqual([]);
    expect(logged('info', settled(through), 'all').lines).toMatchObject([{ ModelId: 'm' }]);
  }
});

test('a call of the chat door has its line at every level but silence', () => {
  const body = settled({ door: 'chat', tenant_id: 't' });
  for (const level of ['debug', 'error']) {
    expect(logged(level, body).lines).toMatchObject([
      { event_type: 'bedrock_token_usage', tenant_id: 't', user_id: 'u', total_tokens: 3 },
    ]);
  }
  expect(logged('silent', body).lines).toEqual([]);
});
