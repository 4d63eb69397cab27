/** Answers in three forms: for eyes, for spreadsheets, for programs. */
import { OPERATIONS } from '@tollkeeper/contract';
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

  it('shows sums under what they are the sum of, figures to the right', () => {
    const sums = { requests: 1, cost_usd: '0.00025', unknown_entries: 0 };
    const answer = { groups: [{ app_id: 'web', ...sums }], total: { ...sums, requests: 12 } };
    expect(print(answer, OPERATIONS.summarizeUsage.result, 'table')).toBe(
      [
        'APP_ID  REQUESTS  COST_USD  UNKNOWN_ENTRIES',
        'web            1   0.00025                0',
        'total         12   0.00025                0',
        '',
      ].join('\n'),
    );
  });

  it('leaves out cache classes and units that nothing has used', () => {
    const none = { requests: 1, cache_read_input_tokens: 0, units: {}, unknown_entries: 0 };
    const answer = { groups: [none], total: none };
    const shown = print(answer, OPERATIONS.summarizeUsage.result, 'table');
    expect(shown.split('\n')[0]).toBe('REQUESTS  UNKNOWN_ENTRIES');
    const used = { ...none, cache_read_input_tokens: 3, units: { images: 1 } };
    const whole = print({ groups: [none], total: used }, OPERATIONS.summarizeUsage.result, 'table');
    expect(whole.split('\n')[0]).toBe(
      'REQUESTS  CACHE_READ_INPUT_TOKENS  UNITS         UNKNOWN_ENTRIES',
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
