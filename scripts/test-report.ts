/**
 * Counts tests from the JSON report of the test runner, so that nothing is claimed that did not
 * run.
 */

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Tests that passed and that failed. A file that could not even be loaded counts as one failed
 * test; skipped tests count as neither. Anything that is not a report counts as nothing.
 */
export function countTests(report: unknown): TestCounts {
  let passed = 0;
  let failed = 0;
  for (const file of listOf(report, 'testResults')) {
    const tests = listOf(file, 'assertionResults');
    if (tests.length === 0 && memberOf(file, 'status') === 'failed') failed++;
    for (const test of tests) {
      if (memberOf(test, 'status') === 'passed') passed++;
      if (memberOf(test, 'status') === 'failed') failed++;
    }
  }
  return { passed, failed };
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = memberOf(value, name);
  return Array.isArray(list) ? list : [];
}
