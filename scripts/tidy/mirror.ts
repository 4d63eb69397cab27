/**
 * Tests lie where their source does, so that either is found from the other, and none is forgotten.
 */
import { TESTED_ELSEWHERE } from './mirrors.ts';
import { UNMIRRORED } from './unmirrored.ts';
import type { Finding, ProjectFile } from './project-file.ts';
import { reachable } from './reach.ts';

const SOURCE = /^packages\/[^/]+\/src\/.+\.ts$/;
const TEST = /^packages\/[^/]+\/test\/.+\.test\.ts$/;

/** Sources without a test and tests without a source, but for listed ones with a reason. */
export function mirroredTests(files: readonly ProjectFile[]): Finding[] {
  const sources = files.filter(({ path }) => SOURCE.test(path));
  const sourcePaths = new Set(sources.map(({ path }) => path));
  const tests = files.map(({ path }) => path).filter((path) => TEST.test(path));
  const mirrored = new Set(tests.map(sourceOf));
  const elsewhere = new Set(TESTED_ELSEWHERE.flatMap((exemption) => exemption.sources));
  const untested = sources.filter(
    (file) =>
      !mirrored.has(file.path) &&
      !elsewhere.has(file.path) &&
      // What the testkit holds is tested by being used in tests.
      !file.path.startsWith('packages/testkit/') &&
      hasBehaviour(file),
  );
  const unmirrored = tests.filter(
    (path) => !sourcePaths.has(sourceOf(path)) && !Object.hasOwn(UNMIRRORED, path),
  );
  return [
    ...untested.map(({ path }) =>
      finding(path, `has no test at ${testOf(path)} and no listed exemption`),
    ),
    ...unmirrored.map((path) => finding(path, `mirrors no source (${sourceOf(path)})`)),
    ...vainExemptions(files, mirrored),
  ];
}

/** An exemption must still be needed, and the test that it names must really reach the source. */
function vainExemptions(files: readonly ProjectFile[], mirrored: ReadonlySet<string>): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found: Finding[] = [];
  for (const { test, sources } of TESTED_ELSEWHERE) {
    // The rules are tested with a few files at a time: only what is there is judged.
    if (!byPath.has('package-lock.json') && !byPath.has(test)) continue;
    const reached = reachable([test], byPath);
    for (const path of sources) {
      if (mirrored.has(path)) found.push(finding(path, 'has a test: remove its exemption'));
      else if (!reached.has(path)) found.push(finding(path, `is not reached by ${test}`));
    }
  }
  return found;
}

function finding(path: string, message: string): Finding {
  return { rule: 'mirror', path, line: 1, message };
}

/** `test/a/b.property.test.ts` and `test/a/b.test.ts` both test `src/a/b.ts`. */
function sourceOf(test: string): string {
  return test.replace('/test/', '/src/').replace(/(\.[a-z0-9-]+)?\.test\.ts$/, '.ts');
}

function testOf(source: string): string {
  return source.replace('/src/', '/test/').replace(/\.ts$/, '.test.ts');
}

/** Whether a source does anything by itself: types and lists of re-exports do not. */
function hasBehaviour(file: ProjectFile): boolean {
  const body = file.code?.program['body'];
  if (!Array.isArray(body)) return false;
  return body.some((statement: { type: string; declaration?: { type: string } | null }) => {
    if (statement.type === 'ImportDeclaration' || statement.type === 'ExportAllDeclaration') {
      return false;
    }
    const type = statement.declaration?.type ?? statement.type;
    return type !== 'ExportNamedDeclaration' && !/^TS(Interface|TypeAlias)/.test(type);
  });
}
