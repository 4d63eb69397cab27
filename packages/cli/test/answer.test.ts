/** Answers in three forms: for eyes, for spreadsheets, for programs. */
import { operation, OPERATIONS } from '@tollkeeper/contract';
import { describe, expect, it } from 'vitest';
import { print } from '../src/answer.ts';

const GRANTS = OPERATIONS.listGrants.result;
const grants = {
  grants: [
    { grant_id: 'g', org_id: 'o', kind: 'arn', value: 'a,"b"', region: null, created_at: 't' },
    {
      grant_id: 'long',
      org_id: 'o',
      kind: 'model',
      value: 'm',
      region: 'us-east-1',
      created_at: 't',
    },
  ],
  next_cursor: null,
};

const SUMMARY = OPERATIONS.summarizeUsage.result;
const headOf = (answer: unknown) => print(answer, SUMMARY, 'table').split('\n')[0];

describe('a table', () => {
  it('has its columns in line, and nothing at the ends of its lines', () => {
    expect(print(grants, GRANTS, 'table')).toBe(
      [
        'GRANT_ID  KIND   VALUE  REGION',
        'g         arn    a,"b"',
        'long      model  m      us-east-1',
        '',
      ].join('\n'),
    );
  });

  it('of nothing has its head', () => {
    expect(print({ grants: [], next_cursor: null }, GRANTS, 'table')).toBe(
      'GRANT_ID  KIND  VALUE  REGION\n',
    );
  });

  it('shows sums under what they are the sum of, figures to the right, the cost first', () => {
    const sums = { requests: 1, cost_usd: '0.00025', unknown_entries: 1 };
    const answer = { groups: [{ app_id: 'web', ...sums }], total: { ...sums, requests: 12 } };
    expect(print(answer, SUMMARY, 'table')).toBe(
      [
        'APP_ID  COST_USD  REQUESTS  UNKNOWN_ENTRIES',
        'web      0.00025         1                1',
        'total    0.00025        12                1',
        '',
      ].join('\n'),
    );
  });

  it('leaves out figures that are zero throughout, which CSV and JSON have', () => {
    const zeros = { input_tokens: 0, cache_read_input_tokens: 0, ceiling_usd: '0', units: {} };
    const none = { cost_usd: '0', requests: 1, ...zeros, unpriced_entries: 0 };
    const answer = { groups: [none], total: none };
    expect(headOf(answer)).toBe('COST_USD  REQUESTS');
    const used = { ...none, cache_read_input_tokens: 3, units: { images: 1 } };
    expect(headOf({ groups: [none], total: used })).toBe(
      'COST_USD  REQUESTS  CACHE_READ_INPUT_TOKENS  UNITS',
    );
    expect(print(answer, SUMMARY, 'csv')).toContain('cache_read_input_tokens');
    expect(JSON.parse(print(answer, SUMMARY, 'json'))).toEqual(answer);
  });

  it('names units in words, the first of many', () => {
    const units = { 'image:1024:standard': 3, search_unit: 2 };
    const group = { cost_usd: '1', requests: 1, units };
    const whole = { ...group, units: { ...units, a: 1, b: 1, c: 0 } };
    const [, row, total] = print({ groups: [group], total: whole }, SUMMARY, 'table').split('\n');
    expect(row?.endsWith('  image:1024:standard 3, search_unit 2')).toBe(true);
    expect(total?.endsWith('  image:1024:standard 3, search_unit 2, +2 more')).toBe(true);
  });

  it('of access keys chooses as that of keys does', () => {
    const result = operation('listAccessKeys').result ?? {};
    expect(print({ access_keys: [], next_cursor: null }, result, 'table')).toBe(
      'KEY_ID  ACCESS_KEY_ID  NAME  USER_ID  SCOPES  STATUS  CREATED_AT  EXPIRES_AT\n',
    );
  });

  it('does not let a name move the cursor of the terminal', () => {
    const evil = { ...grants, grants: [{ ...grants.grants[0], value: '\u001b[2Jx\r\n' }] };
    const shown = print(evil, GRANTS, 'table');
    expect(shown).not.toContain('\u001b');
    expect(shown).not.toContain('\r');
  });

  it('of one thing stands upright', () => {
    const key = { key_id: 'k', api_key: 'tk_k_s' };
    expect(print(key, OPERATIONS.createKey.result, 'table')).toBe('key_id   k\napi_key  tk_k_s\n');
  });
});

describe('CSV', () => {
  it('has every member by its name, quoted where that is needed', () => {
    expect(print(grants, GRANTS, 'csv')).toBe(
      'grant_id,org_id,kind,value,region,created_at\r\n' +
        'g,o,arn,"a,""b""",,t\r\n' +
        'long,o,model,m,us-east-1,t\r\n',
    );
  });

  it('lets no spreadsheet run what somebody was called', () => {
    const evil = { ...grants, grants: [{ ...grants.grants[0], value: '=1+1' }] };
    expect(print(evil, GRANTS, 'csv')).toContain("g,o,arn,'=1+1,,t");
  });

  it('has the same columns whatever the rows have, nested members by dots', () => {
    const empty = { entries: [], next_cursor: null };
    const [head = ''] = print(empty, OPERATIONS.listEntries.result, 'csv').split('\r\n');
    expect(head.split(',')).toEqual(
      expect.arrayContaining(['entry_id', 'usage.input_tokens', 'usage.units', 'charges', 'tags']),
    );
  });
});

it('is JSON exactly as it came', () => {
  expect(JSON.parse(print(grants, GRANTS, 'json'))).toEqual(grants);
});
