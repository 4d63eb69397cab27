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
function logged(level: string, body: string): { stdout: string; lines: Record<string, unknown>[] } {
  const program = `
    import { openTelemetry } from ${JSON.stringify(source)};
    const counted = [];
    const count = (name) => () => counted.push(name);
    const metrics = {
      settled: count('settled'), refused: count('refused'), excess: count('excess'),
    };
    const telemetry = openTelemetry({ level: ${JSON.stringify(level)}, metrics });
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
