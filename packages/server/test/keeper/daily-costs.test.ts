/** How days are told: rows of text, and a table. */
import { expect, test } from 'vitest';
import { boundsOfDay, dailyRow, dailyTable, utcDayOf } from '../../src/keeper/daily-costs.ts';
import type { DailyCostRecord } from '../../src/catalog/daily-records.ts';

const SONNET = 'anthropic.claude-3-sonnet-20240229-v1:0';

const day = (over: Partial<DailyCostRecord> = {}): DailyCostRecord => ({
  day: '2024-07-16',
  org_id: '6f1a3c1e-0000-4000-8000-000000000000',
  model_id: SONNET,
  invocations: 1,
  input_tokens: 10,
  output_tokens: 282,
  input_cost: '0.00003',
  output_cost: '0.00423',
  unknown_invocations: 0,
  ...over,
});

test('a row is text to its last value, in the order and the form that its readers know', () => {
  expect(JSON.stringify(dailyRow(day(), 'tenant-2'))).toBe(
    '{"date":"2024-07-16","input_tokens":"10.0","output_tokens":"282.0",' +
      '"input_cost":"0.00003","output_cost":"0.00423",' +
      '"pk":"tenant-2-anthropic.claude-3-sonnet-20240229-v1:0",' +
      '"model_id":"anthropic.claude-3-sonnet-20240229-v1:0",' +
      '"invocations":"1.0","name":"tenant-2"}',
  );
});

test('the table has a line for each tenant and model, in their order, with the whole cost', () => {
  const other = day({ model_id: 'amazon.nova-micro-v1:0', input_cost: '0', output_cost: '0' });
  const table = dailyTable([
    { record: day(), name: 'tenant-2' },
    { record: other, name: 'tenant-2' },
    { record: day({ unknown_invocations: 1 }), name: 'tenant-1' },
  ]);
  const org = '6f1a3c1e-0000-4000-8000-000000000000';
  expect(table.split('\r\n')).toEqual([
    'date,name,org_id,model_id,invocations,unknown_invocations,input_tokens,output_tokens,' +
      'input_cost_usd,output_cost_usd,cost_usd',
    `2024-07-16,tenant-1,${org},${SONNET},1,1,10,282,0.00003,0.00423,0.00426`,
    `2024-07-16,tenant-2,${org},amazon.nova-micro-v1:0,1,0,10,282,0,0,0`,
    `2024-07-16,tenant-2,${org},${SONNET},1,0,10,282,0.00003,0.00423,0.00426`,
    '',
  ]);
});

test('a name that would break the table is quoted', () => {
  const table = dailyTable([{ record: day(), name: 'a, "b"' }]);
  expect(table.split('\r\n')[1]).toMatch(/^2024-07-16,"a, ""b""",/);
});

test('no spreadsheet runs a name or a model that somebody has reported', () => {
  const reported = day({ model_id: '=HYPERLINK("http://x.example")', input_cost: '-0.00003' });
  const [, line] = dailyTable([{ record: reported, name: '@SUM(A1)' }]).split('\r\n');
  expect(line).toContain(",'@SUM(A1),");
  expect(line).toContain(`,"'=HYPERLINK(""http://x.example"")",`);
  expect(line).toContain(',-0.00003,0.00423,0.0042');
});

test('days are those of UTC, and end where the next begins', () => {
  const { from, to } = boundsOfDay('2024-02-29');
  expect(utcDayOf(from)).toBe('2024-02-29');
  expect(utcDayOf(to - 1)).toBe('2024-02-29');
  expect(utcDayOf(to)).toBe('2024-03-01');
});
