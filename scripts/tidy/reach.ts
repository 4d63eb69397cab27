/** Code that nothing starts, imports or tests is dead, and misleads whoever reads it. */
import { posix } from 'node:path';
import { ENTRIES } from './policy.ts';
import { stringOf, walk } from './project-file.ts';
import type { Finding, ProjectFile } from './project-file.ts';

const isTest = (path: string): boolean => /(^|\/)test\//.test(path);

/**
 * Sources that no entry reaches - entries are what `package.json` files name, tests for the files
 * of tests, and a short list - and helpers of tests that no test uses.
 */
export function deadFiles(files: readonly ProjectFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const manifests = files.filter(({ path }) => /(^|\/)package\.json$/.test(path));
  const entries = [...ENTRIES, ...manifests.flatMap(namedIn)];
  const alive = reachable(entries, byPath);
  const tests = files.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'));
  const tested = reachable(tests, byPath);
  return files.flatMap(({ path, code }) => {
    if (code === undefined || alive.has(path) || (isTest(path) && tested.has(path))) return [];
    const message = isTest(path) ? 'no test uses it' : 'no entry reaches it: it is dead';
    return [{ rule: 'dead', path, line: 1, message }];
  });
}

/** Files of ours that a manifest names: exports, bins and arguments of scripts. */
function namedIn(manifest: ProjectFile): string[] {
  const folder = posix.dirname(manifest.path);
  const names = manifest.text.match(/[\w./-]+\.(ts|js)\b/g) ?? [];
  return names.map((name) => posix.join(folder, name));
}

/** Every file that the entries name, directly or through others, and the entries themselves. */
export function reachable(
  entries: readonly string[],
  byPath: ReadonlyMap<string, ProjectFile>,
): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = byPath.get(path);
    if (file === undefined || seen.has(path)) continue;
    seen.add(path);
    waiting.push(...namedBy(file, byPath));
  }
  return seen;
}

/** What a file imports, and files that it names in text, as for a child process or a worker. */
function namedBy(file: ProjectFile, byPath: ReadonlyMap<string, ProjectFile>): string[] {
  if (file.code === undefined) return [];
  const folder = posix.dirname(file.path);
  const names: string[] = [];
  walk(file.code.program, (node) => {
    const text = stringOf(node) ?? templateTail(node);
    if (text === undefined) return;
    const workspace = /^@tollkeeper\/([a-z]+)(?:\/([a-z-]+))?$/.exec(text);
    if (workspace !== null) {
      names.push(`packages/${workspace[1]}/src/${workspace[2] ?? 'index'}.ts`);
    }
    for (const name of [text, text.replace(/\.js$/, '.ts'), `${text}.ts`]) {
      if (!/\.(ts|js)$/.test(name)) continue;
      names.push(posix.join(folder, name), name);
    }
  });
  return names.filter((name) => byPath.has(name));
}

/** `./worker${extension}` names `./worker`, with the extension of the running file. */
function templateTail(node: { readonly type: string }): string | undefined {
  if (node.type !== 'TemplateElement') return undefined;
  const { value } = node as unknown as { value: { raw: string } };
  return /^\.{1,2}\//.test(value.raw) ? value.raw : undefined;
}
