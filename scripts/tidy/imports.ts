/** Who may import whom: between packages, inside the server, and from outside. */
import { posix } from 'node:path';
import { COMPOSITION_ROOTS, PACKAGE_IMPORTS, SERVER_INNER } from './policy.ts';
import { lineAt } from './project-file.ts';
import type { Finding, ProjectFile, Reference } from './project-file.ts';

/** Where a file lies: its package, the tree in it (`src` or `test`), and the first folder below. */
interface Place {
  readonly pkg: string;
  readonly tree: string;
  readonly zone: string;
}

function placeOf(path: string): Place | undefined {
  const match = /^packages\/([^/]+)\/([^/]+)\/(?:([^/]+)\/)?/.exec(path);
  return match ? { pkg: match[1] ?? '', tree: match[2] ?? '', zone: match[3] ?? '' } : undefined;
}

/** Every import that the direction of packages, the server's layers or a `package.json` forbids. */
export function importDirection(files: readonly ProjectFile[]): Finding[] {
  const declared = declaredDependencies(files);
  return files.flatMap((file) => {
    const place = placeOf(file.path);
    if (place === undefined || file.code === undefined) return [];
    return file.code.references.flatMap((reference) => {
      const message = reference.specifier.startsWith('.')
        ? relativeProblem(file.path, place, reference)
        : bareProblem(place, reference, declared);
      if (message === undefined) return [];
      const line = lineAt(file, reference.start);
      return [{ rule: 'imports', path: file.path, line, message }];
    });
  });
}

function relativeProblem(path: string, from: Place, reference: Reference): string | undefined {
  const target = posix.join(posix.dirname(path), reference.specifier);
  const to = placeOf(target);
  // Tests hold data, documents and whole programs against what they test.
  if (reference.kind === 'location' && isForTests(from)) return undefined;
  if (to?.pkg !== from.pkg) return inside(target, from) ? undefined : leaving(target);
  if (from.tree === 'src' && to.tree === 'test') return 'sources do not know their tests';
  if (from.pkg !== 'server' || from.tree !== 'src') return undefined;
  return serverProblem(path, from, target, to);
}

function isForTests({ pkg, tree }: Place): boolean {
  return tree === 'test' || pkg === 'testkit';
}

/** Data and other files beside the sources of a package, such as `../data/prices.json`. */
function inside(target: string, from: Place): boolean {
  return target.startsWith(`packages/${from.pkg}/`);
}

function leaving(target: string): string {
  return `${target} is outside of the package: import it by the package's name`;
}

function serverProblem(path: string, from: Place, target: string, to: Place): string | undefined {
  if (to.zone === 'adapters') {
    if (from.zone === 'adapters') {
      return adapterOf(path) === adapterOf(target)
        ? undefined
        : 'an adapter knows no other adapter';
    }
    if (!COMPOSITION_ROOTS.includes(path)) {
      return `only ${COMPOSITION_ROOTS.join(', ')} may name an adapter; take the port`;
    }
  }
  if (COMPOSITION_ROOTS.includes(target) && SERVER_INNER.includes(from.zone)) {
    return 'nothing but the index knows the composition root';
  }
  if (from.zone === 'ports' && to.zone !== 'ports') {
    return 'a port knows only other ports and the core';
  }
  const own = from.zone === 'config' && to.zone !== 'config';
  return own ? 'the settings know nothing of the server' : undefined;
}

function adapterOf(path: string): string {
  return /\/adapters\/([^/]+)/.exec(path)?.[1] ?? '';
}

function bareProblem(
  from: Place,
  { specifier }: Reference,
  declared: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  if (specifier.startsWith('node:')) {
    const pure = from.pkg === 'core' && from.tree === 'src';
    return pure ? 'the core runs anywhere: no Node in it' : undefined;
  }
  const ours = /^@tollkeeper\/([^/]+)/.exec(specifier)?.[1];
  const name = ours === undefined ? packageName(specifier) : `@tollkeeper/${ours}`;
  if (ours !== undefined) return workspaceProblem(from, ours);
  const allowed = declared.get(from.pkg)?.has(name) === true;
  if (allowed || (isForTests(from) && declared.get('')?.has(name) === true)) return undefined;
  return `${name} is not a dependency that packages/${from.pkg}/package.json declares`;
}

function workspaceProblem(from: Place, to: string): string | undefined {
  if (to === from.pkg) return from.tree === 'src' ? 'import your own files by path' : undefined;
  if (to === 'testkit') {
    return from.tree === 'test' ? undefined : 'only tests import the testkit';
  }
  const allowed = PACKAGE_IMPORTS[from.pkg] ?? [];
  if (allowed.includes(to)) return undefined;
  // A test may hold a package against the outside truth that the package itself must not know.
  if (from.tree === 'test' && to === 'simulator') return undefined;
  return `${from.pkg} imports ${allowed.join(', ') || 'nothing of ours'}, not ${to}`;
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

/** Names in the `package.json` of each package; under '' those of the root. */
function declaredDependencies(files: readonly ProjectFile[]): Map<string, ReadonlySet<string>> {
  const declared = new Map<string, ReadonlySet<string>>();
  for (const { path, text } of files) {
    const match = /^(?:packages\/([^/]+)\/)?package\.json$/.exec(path);
    if (match === null) continue;
    const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
    const names = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.keys(manifest[kind] ?? {}),
    );
    declared.set(match[1] ?? '', new Set(names));
  }
  return declared;
}

/** Dependencies are pinned: the same versions today and in a year, here and there. */
export function pinnedVersions(files: readonly ProjectFile[]): Finding[] {
  return files.flatMap((file) => {
    if (!/^(packages\/[^/]+\/)?package\.json$/.test(file.path)) return [];
    return file.lines.flatMap((text, index) => {
      const loose = /"([^"]+)": "([~^*><]|latest)[^"]*"/.exec(text);
      if (loose === null || loose[1] === 'node') return [];
      const message = `${loose[1]} is not pinned to one version`;
      return [{ rule: 'pinned', path: file.path, line: index + 1, message }];
    });
  });
}
