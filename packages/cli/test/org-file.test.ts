/** Files of organizations: what they mean, and how what is wrong in them is told. */
import { describe, expect, it } from 'vitest';
import { readOrgFile } from '../src/org-file.ts';

const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
const OTHER = '3f2c1b0a-2222-4222-8333-123456789abc';

const WHOLE = `# Acme
organizations:
  - org_id: ${ORG.toUpperCase()}
    org_name: Acme
    timezone: America/New_York
    quota_scope: APP
    model_ordering: [premium, economy]
    quotas: {premium: 10000000, economy: 2000000}
    overrides:
      sticky_fallback_enabled: true
    applications:
      - app_id: web
        app_name: Web
        quotas: {premium: 1, economy: 2}
    budgets:
      - budget_id: acme-month
        scope: {type: organization}
        limit: {unit: usd, amount: 100.50}
        window: month
`;

function problemsOf(text: string): string {
  try {
    readOrgFile('org.yaml', text);
  } catch (error) {
    expect(error).toHaveProperty('name', 'UsageError');
    return (error as Error).message;
  }
  throw new Error('the file was accepted');
}

describe('a file', () => {
  it('with anchors that would blow up, or that are missing, is refused in a sentence', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let depth = 1; depth < 12; depth++) {
      const names = Array(10)
        .fill(`*a${depth - 1}`)
        .join(', ');
      lines.push(`a${depth}: &a${depth} [${names}]`);
    }
    expect(problemsOf(lines.join('\n'))).toContain('anchors are missing, or used too often');
    expect(problemsOf('organizations: *none\n')).toContain('org.yaml cannot be applied');
  });

  it('states organizations with their applications and budgets', () => {
    expect(readOrgFile('org.yaml', WHOLE)).toEqual([
      {
        org_id: ORG,
        body: {
          org_name: 'Acme',
          timezone: 'America/New_York',
          quota_scope: 'APP',
          model_ordering: ['premium', 'economy'],
          quotas: { premium: 10_000_000, economy: 2_000_000 },
          overrides: { sticky_fallback_enabled: true },
        },
        applications: [
          { app_id: 'web', body: { app_name: 'Web', quotas: { premium: 1, economy: 2 } } },
        ],
        budgets: [
          {
            budget_id: 'acme-month',
            body: {
              scope: { type: 'organization', org_id: ORG },
              limit: { unit: 'usd', amount: '100.50' },
              window: 'month',
            },
          },
        ],
      },
    ]);
  });

  it('may be one organization, and may be JSON', () => {
    const one = { org_id: ORG, body: { org_name: 'Acme' }, applications: [], budgets: [] };
    expect(readOrgFile('a', `org_id: ${ORG}\norg_name: Acme`)).toEqual([one]);
    expect(readOrgFile('a', JSON.stringify({ org_id: ORG, org_name: 'Acme' }))).toEqual([one]);
  });
});

describe('what is wrong is told with its line:', () => {
  it.each([
    ['a value', 'quotas: {premium: 10000000', 'quotas: {premium: lots', 8, /quotas\.premium/],
    ['an unknown member', 'org_name: Acme', 'orgname: Acme', 4, /orgname is not known/],
    ['an unknown choice', 'quota_scope: APP', 'quota_scope: TEAM', 6, /quota_scope must be one of/],
    ['a name', 'app_id: web', 'app_id: "-web"', 12, /app_id must be 1 to 64/],
    ['an id that is no UUID', ORG.toUpperCase(), 'acme', 3, /org_id must be a UUID/],
    ['a missing member', '        window: month\n', '', 16, /window is missing/],
    [
      'a missing id',
      'app_id: web\n        app_name: Web',
      'app_name: Web',
      12,
      /app_id is missing/,
    ],
    ['a scope of others', 'type: organization', `org_id: ${OTHER}`, 17, /organization that the/],
    [
      'no list',
      /applications:(\n {6}.*){3}/,
      'applications: web',
      11,
      /applications must be a list/,
    ],
  ])('%s', (_, before, after, line, message) => {
    const text = WHOLE.replace(before, after);
    expect(text).not.toBe(WHOLE);
    const told = problemsOf(text);
    expect(told).toMatch(/^org\.yaml cannot be applied:\n/);
    expect(told).toContain(`org.yaml:${line}: `);
    expect(told).toMatch(message);
  });

  it('what stands beside the list of organizations', () => {
    expect(problemsOf('organizations: []\nothers: 1')).toContain('org.yaml:2: others is not known');
  });

  it('what is no YAML at all', () => {
    expect(problemsOf('org_id: a\n  bad: [')).toMatch(/org\.yaml:2: /);
    expect(problemsOf('a: 1\na: 2')).toMatch(/org\.yaml:2: .*unique/i);
  });

  it('an organization, application or budget that is stated twice', () => {
    const twice = `${WHOLE}      - budget_id: acme-month
        scope: {type: organization}
        limit: {unit: usd, amount: "1"}
        window: day
  - org_id: ${ORG}
`;
    const told = problemsOf(twice);
    expect(told).toContain('org.yaml:20: budget acme-month is stated twice, first on line 16');
    expect(told).toContain(`org.yaml:24: organization ${ORG} is stated twice, first on line 3`);
  });

  it.each([[''], ['[]'], ['hello'], ['organizations: 3'], ['organizations: [3]']])(
    'a file that is something else: %j',
    (text) => {
      expect(problemsOf(text)).toContain('org.yaml:1: ');
    },
  );

  it('several at once, in the order of the file', () => {
    const told = problemsOf(WHOLE.replace('APP', 'TEAM').replace('window: month', 'window: year'));
    expect(told.split('\n').map((line) => /:(\d+):/.exec(line)?.[1])).toEqual([
      undefined,
      '6',
      '19',
    ]);
  });
});
