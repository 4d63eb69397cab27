/** What counts as a test that ran. */
import { expect, test } from 'vitest';
import { countTests } from '../test-report.ts';

const file = (status: string, ...tests: string[]): object => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

test('passed and failed tests of all files are added up; skipped ones count as neither', () => {
  const testResults = [file('failed', 'passed', 'failed', 'skipped'), file('passed', 'passed')];
  expect(countTests({ testResults })).toEqual({ passed: 2, failed: 1 });
});

test('a file that could not be loaded counts as a failure', () => {
  expect(countTests({ testResults: [file('failed')] })).toEqual({ passed: 0, failed: 1 });
});

test.each([undefined, null, 'text', {}, { testResults: 'x' }, { testResults: [null] }])(
  'nothing is claimed for %j',
  (report) => {
    expect(countTests(report)).toEqual({ passed: 0, failed: 0 });
  },
);
