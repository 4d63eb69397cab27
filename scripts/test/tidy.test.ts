/**
 * The rules hold against themselves: for each there is text that offends it, found by that rule
 * alone, and a near miss that does not. Text that would offend in this file is put together from
 * pieces.
 */
import { describe, expect, test } from 'vitest';
import { RULES } from '../tidy.ts';
import { projectFile } from '../tidy/project-file.ts';

/** The rules that object to a file, given what else is in the repository. */
function objections(path: string, text: string, others: Record<string, string> = {}): string[] {
  const all = Object.entries({ ...others, [path]: text });
  const files = all.map(([name, content]) => projectFile(name, content));
  const found = RULES.flatMap((rule) => rule(files)).filter((finding) => finding.path === path);
  return found.map(({ rule, message }) => `${rule}: ${message}`);
}

const HEAD = '/** For the test. */\n';
const SERVER = 'packages/server/src/gateway/sample.ts';
const RELATED = {
  'packages/server/test/gateway/sample.test.ts': `${HEAD}import '../../src/gateway/sample.ts';\n`,
  'packages/server/package.json': '{ "main": "./src/gateway/sample.ts" }',
};

/** What the rules say to a body in an otherwise spotless source of the server. */
const inServer = (body: string): string[] => objections(SERVER, HEAD + body, RELATED);

describe('a spotless file', () => {
  test('offends no rule', () => {
    expect(inServer('export const answer = 42;\n')).toEqual([]);
  });
});

describe('sizes', () => {
  test('a line of 101 columns is too long, one of 100 is not, nor is one long address', () => {
    expect(inServer(`// ${'x'.repeat(98)}\n`)).toEqual(['columns: 101 columns; at most 100']);
    expect(inServer(`// ${'x'.repeat(97)}\n`)).toEqual([]);
    expect(inServer(`// https://example.com/${'x'.repeat(97)}\n`)).toEqual([]);
  });

  test('columns count characters, not units of UTF-16', () => {
    expect(inServer(`// ${'\u{1F600}'.repeat(97)}\n`)).toEqual([]);
  });

  const long = (lines: number): string => `{\n${'  void 0;\n'.repeat(lines - 2)}}\n`;

  test.each([
    ['a function', 'export function f(): void '],
    ['an arrow function', 'export const f = (): void => '],
    ['a method', 'export const o = { f(): void '],
  ])('%s of 71 lines is too long, one of 70 is not', (_what, head) => {
    const tail = head.includes('{ f') ? '};\n' : '';
    expect(inServer(head + long(71) + tail)).toEqual([
      'function-lines: a function of 71 lines; at most 70',
    ]);
    expect(inServer(head + long(70) + tail)).toEqual([]);
  });

  test('the block of a describe is a heading, but a long test is not', () => {
    const path = 'packages/server/test/gateway/sample.test.ts';
    const source = { [SERVER]: HEAD, ...RELATED };
    expect(objections(path, `${HEAD}describe.each([])('x', () => ${long(90)});`, source)).toEqual(
      [],
    );
    expect(objections(path, `${HEAD}test('x', () => ${long(90)});`, source)).toEqual([
      'function-lines: a function of 90 lines; at most 70',
    ]);
  });

  test('a source may have 400 lines and a test 600', () => {
    const body = (lines: number): string => 'void 0;\n'.repeat(lines - 1);
    expect(inServer(body(400))).toEqual([]);
    expect(inServer(body(401))).toEqual(['file-lines: 401 lines; at most 400']);
    const path = 'packages/server/test/gateway/sample.test.ts';
    const source = { ...RELATED, [SERVER]: HEAD };
    expect(objections(path, HEAD + body(600), source)).toEqual([]);
    expect(objections(path, HEAD + body(601), source)).toHaveLength(1);
    expect(objections('README.md', 'x\n'.repeat(151))).toEqual([
      'file-lines: 151 lines; at most 150',
    ]);
  });

  test('a sixth folder below a package is too deep', () => {
    const found = objections('packages/server/a/b/c/d/e/f/x.json', '{}');
    expect(found).toEqual(['depth: 6 folders below its package; at most 5']);
    expect(objections('packages/server/a/b/c/d/e/x.json', '{}')).toEqual([]);
  });

  test.each(['utils', 'helpers', 'common', 'misc', 'types', 'interfaces', 'manager'])(
    'a file or folder named %s says nothing',
    (name) => {
      expect(objections(`scripts/${name}/x.ts`, HEAD)[0]).toMatch(/^names: /);
      expect(objections(`scripts/${name}.ts`, HEAD)[0]).toMatch(/^names: /);
    },
  );

  test('code is named in kebab-case', () => {
    expect(objections('scripts/BigThing.ts', HEAD)[0]).toMatch(/kebab-case/);
    expect(objections('scripts/big_thing.ts', HEAD)[0]).toMatch(/kebab-case/);
  });
});

describe('the outside world', () => {
  test.each([
    'Date.now()',
    'globalThis.Date.now()',
    'new Date()',
    'performance.now()',
    'process.hrtime.bigint()',
    'AbortSignal.timeout(5)',
    'Math.random()',
    'process.env.HOME',
    "process.env['HOME']",
    'setTimeout(() => undefined, 1)',
    'globalThis.setTimeout(() => undefined, 1)',
    'setInterval(() => undefined, 1)',
    'setImmediate(() => undefined)',
    '[1].map(setTimeout)',
    "fetch('http://127.0.0.1/')",
    'crypto.randomUUID()',
    'crypto.getRandomValues(new Uint8Array(8))',
  ])('%s is not for sources', (use) => {
    expect(inServer(`void (${use});\n`)[0]).toMatch(/^outside-world: /);
  });

  test('nor is an import of the same from Node', () => {
    expect(inServer("import { randomBytes } from 'node:crypto';\nvoid randomBytes;\n")).not.toEqual(
      [],
    );
  });

  test.each([
    'new Date(0)',
    'clock.now()',
    'Date.parse("2026-01-01")',
    '({ setTimeout: 1 }).setTimeout',
    'upstream.fetch()',
    '((fetch: () => void) => fetch())(f)',
    '"Math.random()" // Math.random()',
  ])('%s is none of it', (use) => {
    expect(
      inServer(`declare const clock: never, upstream: never, f: never;\nvoid (${use}\n);\n`),
    ).toEqual([]);
  });

  test.each([
    'packages/server/src/adapters/system/sample.ts',
    'packages/server/test/sample.ts',
    'scripts/sample.ts',
    'bench/sample.ts',
  ])('%s may reach it', (path) => {
    expect(objections(path, `${HEAD}void Date.now();\n`).join()).not.toContain('outside-world');
  });
});

describe('imports', () => {
  const importing = (path: string, specifier: string): string[] =>
    objections(path, `${HEAD}import '${specifier}';\n`, {
      'packages/server/package.json': '{ "dependencies": { "undici": "8.0.0" } }',
      'package.json': '{ "devDependencies": { "vitest": "5.0.0" } }',
    }).filter((found) => found.startsWith('imports: '));

  test.each([
    ['packages/core/src/a.ts', '@tollkeeper/contract'],
    ['packages/core/src/a.ts', 'node:fs'],
    ['packages/core/src/a.ts', 'undici'],
    ['packages/contract/src/a.ts', '@tollkeeper/server'],
    ['packages/server/src/a.ts', '@tollkeeper/cli'],
    ['packages/server/src/a.ts', '@tollkeeper/testkit'],
    ['packages/server/src/a.ts', '@tollkeeper/server'],
    ['packages/server/src/a.ts', 'fastify'],
    ['packages/server/src/a.ts', 'vitest'],
    ['packages/server/src/a.ts', '../../core/src/index.ts'],
    ['packages/server/src/a.ts', '../test/b.ts'],
    ['packages/simulator/src/a.ts', '@tollkeeper/core'],
    ['packages/server/src/gateway/a.ts', '../adapters/sqlite/b.ts'],
    ['packages/server/src/admin/a.ts', '../adapters/sqlite/b.ts'],
    ['packages/server/src/http/a.ts', '../main.ts'],
    ['packages/server/src/ports/a.ts', '../gateway/b.ts'],
    ['packages/server/src/config/a.ts', '../ports/b.ts'],
    ['packages/server/src/adapters/sqlite/a.ts', '../memory/b.ts'],
  ])('%s may not import %s', (path, specifier) => {
    expect(importing(path, specifier)).toHaveLength(1);
  });

  test.each([
    ['packages/core/src/a.ts', './money/b.ts'],
    ['packages/server/src/a.ts', '@tollkeeper/core'],
    ['packages/server/src/a.ts', 'undici'],
    ['packages/server/src/a.ts', 'node:fs'],
    ['packages/server/src/main.ts', './adapters/sqlite/b.ts'],
    ['packages/server/src/gateway/a.ts', '../ports/b.ts'],
    ['packages/server/src/adapters/sqlite/a.ts', './c/b.ts'],
    ['packages/server/src/adapters/sqlite/a.ts', '../../ports/b.ts'],
    ['packages/server/test/a.ts', '../src/adapters/sqlite/b.ts'],
    ['packages/server/test/a.ts', '@tollkeeper/testkit'],
    ['packages/server/test/a.ts', 'vitest'],
    ['packages/cli/src/a.ts', '@tollkeeper/simulator'],
  ])('%s may import %s', (path, specifier) => {
    expect(importing(path, specifier)).toEqual([]);
  });

  test.each(["export * from '../adapters/x/y.ts';", "type A = import('../adapters/x/y.ts').A;"])(
    'every form of import counts: %s',
    (form) => {
      expect(inServer(`${form}\n`).join()).toContain('name an adapter');
    },
  );

  test('versions are pinned', () => {
    const manifest = (version: string): string => `{ "dependencies": { "x": "${version}" } }`;
    expect(objections('package.json', manifest('^1.0.0'))).toEqual([
      'pinned: x is not pinned to one version',
    ]);
    expect(objections('package.json', manifest('1.0.0'))).toEqual([]);
  });
});

describe('tests beside their sources', () => {
  test('a source without a test is found, types and lists of re-exports need none', () => {
    const manifest = { 'packages/core/package.json': '{ "main": "./src/a.ts" }' };
    const core = (body: string): string[] =>
      objections('packages/core/src/a.ts', HEAD + body, manifest);
    expect(core('export const a = 1;\n')[0]).toMatch(/^mirror: has no test/);
    expect(core('export function a(): void {}\n')[0]).toMatch(/^mirror: has no test/);
    expect(core("export interface A { b: string }\nexport * from './c.ts';\n")).toEqual([]);
  });

  test('a property test is a test', () => {
    const others = {
      'packages/core/package.json': '{ "main": "./src/a.ts" }',
      'packages/core/test/a.property.test.ts': HEAD,
    };
    expect(objections('packages/core/src/a.ts', `${HEAD}export const a = 1;\n`, others)).toEqual(
      [],
    );
  });

  const STEP = 'packages/server/src/gateway/admit.ts';
  const TABLE = 'packages/server/test/gateway/failure-table.test.ts';
  const step = (others: Record<string, string>): string[] =>
    objections(STEP, `${HEAD}export const a = 1;\n`, {
      'packages/server/package.json': '{ "main": "./src/gateway/admit.ts" }',
      ...others,
    });

  test('a source is exempt where another test reaches it, through whatever lies between', () => {
    const between = {
      [TABLE]: `${HEAD}import '../rig.ts';\n`,
      'packages/server/test/rig.ts': `${HEAD}import '../src/gateway/admit.ts';\n`,
    };
    expect(step(between)).toEqual([]);
  });

  test('an exemption is found when its test does not reach the source', () => {
    expect(step({ [TABLE]: HEAD })).toEqual([`mirror: is not reached by ${TABLE}`]);
  });

  test('an exemption is found when the source has got a test of its own', () => {
    const own = { 'packages/server/test/gateway/admit.test.ts': HEAD, [TABLE]: HEAD };
    expect(step(own)).toEqual(['mirror: has a test: remove its exemption']);
  });

  test('a test without a source is found', () => {
    expect(objections('packages/core/test/b.test.ts', HEAD)[0]).toMatch(
      /^mirror: mirrors no source/,
    );
  });
});

describe('dead code', () => {
  const manifest = { 'packages/core/package.json': '{ "exports": "./src/index.ts" }' };
  const index = (body: string): Record<string, string> => ({
    ...manifest,
    'packages/core/src/index.ts': HEAD + body,
  });
  const path = 'packages/core/src/a.ts';

  test.each([
    "export * from './a.ts';\n",
    "void import('./a.ts');\n",
    "void new URL('./a.ts', import.meta.url);\n",
    'void new URL(`./a${extension}`, import.meta.url);\n',
    "spawn('packages/core/src/a.ts');\n",
  ])('is not what an entry names by %s', (body) => {
    expect(objections(path, HEAD, index(body))).toEqual([]);
  });

  test('is what only a test names', () => {
    const others = {
      ...index(''),
      'packages/core/test/a.test.ts': `${HEAD}import '../src/a.ts';\n`,
    };
    expect(objections(path, HEAD, others)).toEqual(['dead: no entry reaches it: it is dead']);
  });

  test('is what no test uses, among the files of tests', () => {
    expect(objections('packages/core/test/fixture.ts', HEAD)).toEqual(['dead: no test uses it']);
  });
});

describe('words', () => {
  test.each(['/wo' + 'rk/main/x', '../sha' + 'red/DESIGN.md', 'sha' + 'red/facts/prices.csv'])(
    'a place on one machine is found: %s',
    (place) => {
      expect(objections('docs/a.md', `See ${place}.\n`)[0]).toMatch(/^words: /);
    },
  );

  test.each(['TO' + 'DO', 'FIX' + 'ME'])('a reminder is found: %s', (reminder) => {
    expect(inServer(`// ${reminder}: later\n`)[0]).toMatch(/^words: /);
  });

  test.each([
    '// @ts-igno' + 're',
    '// @ts-expect-error',
    '// oxlint-disable-next-line no-console',
    '/* eslint-disable */',
    '// prettier-ignore',
  ])('a check is not silenced without a reason: %s', (comment) => {
    expect(inServer(`${comment}\n`)[0]).toMatch(/^suppression: /);
  });

  test('a check may be silenced with one, and spoken of freely', () => {
    expect(
      inServer('// oxlint-disable-next-line no-console -- the logger is not up yet\n'),
    ).toEqual([]);
    expect(inServer('// Where `@ts-expect-error` stands, the types are wrong.\n')).toEqual([]);
  });

  test.each(['skip', 'only', 'todo'])('a test does not sleep: %s', (how) => {
    const path = 'packages/server/test/gateway/sample.test.ts';
    const found = objections(path, `${HEAD}test.${how}('x');\n`, { ...RELATED, [SERVER]: HEAD });
    expect(found[0]).toMatch(/^sleeping-test: /);
  });

  test('code opens with what it is for', () => {
    expect(objections('scripts/a.ts', 'export {};\n')).toContain(
      'head: does not open with a comment that says what it is for',
    );
    const script = '#!/usr/bin/env node\n/** Starts. */\n';
    expect(objections('scripts/a.ts', script).join()).not.toContain('head: ');
  });
});
