/**
 * Tests lie where their source does, so that either is found from the other, and none is forgotten.
 */
import { UNMIRRORED, UNTESTED } from './policy.ts';
import type { Finding, ProjectFile } from './project-file.ts';

const SOURCE = /^packages\/[^/]+\/src\/.+\.ts$/;
const TEST = /^packages\/[^/]+\/test\/.+\.test\.ts$/;

/** Sources without a test and tests without a source, but for listed ones with a reason. */
export function mirroredTests(files: readonly ProjectFile[]): Finding[] {
  const sources = files.filter(({ path }) => SOURCE.test(path));
  const tested = new Set<string>();
  const found: Finding[] = [];
  const report = (path: string, message: string): void => {
    found.push({ rule: 'mirror', path, line: 1, message });
  };
  const sourcePaths = new Set(sources.map(({ path }) => path));
  for (const { path } of files) {
    if (!TEST.test(path)) continue;
    const source = sourceOf(path);
    if (sourcePaths.has(source)) tested.add(source);
    else if (!Object.hasOwn(UNMIRRORED, path)) report(path, `mirrors no source (${source})`);
  }
  for (const file of sources) {
    // What the testkit holds is tested by being used in tests.
    if (tested.has(file.path) || file.path.startsWith('packages/testkit/')) continue;
    if (!Object.hasOwn(UNTESTED, file.path) && hasBehaviour(file)) {
      report(file.path, `has no test at ${testOf(file.path)} and no listed exemption`);
    }
  }
  const paths = new Set(files.map(({ path }) => path));
  for (const path of [...Object.keys(UNTESTED), ...Object.keys(UNMIRRORED)]) {
    if (!paths.has(path) || tested.has(path))
      report(path, 'is exempt in vain: remove the exemption');
  }
  return found;
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
