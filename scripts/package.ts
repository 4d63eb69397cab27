/**
 * `npm run package` makes `dist/tollkeeper-<version>.tgz`, the one package that users install: our
 * workspaces as compiled JavaScript inside (Node strips no types below `node_modules`), every other
 * dependency from the registry in exactly the version of the lock file's manifest. Each workspace
 * keeps its layout, so that what finds a neighbour by `import.meta.url` finds it there too, as
 * `.js`.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const build = join(root, '.build');
const compiled = join(build, 'compiled');
const staging = join(build, 'package');
const dist = join(root, 'dist');

/** The workspaces that users get; the testkit is ours alone. */
const BUNDLED = ['core', 'contract', 'server', 'simulator', 'client', 'cli'] as const;

/** Those whose types programs see that import `tollkeeper/client`. */
const TYPED = ['core', 'contract', 'client'] as const;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly exports?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Builds the tarball anew and returns its path. Throws if anything does not compile. */
export function buildPackage(): string {
  compile();
  rmSync(staging, { recursive: true, force: true });
  for (const name of BUNDLED) stageWorkspace(name);
  stageRoot();
  mkdirSync(dist, { recursive: true });
  const printed = execFileSync('npm', ['pack', '--silent', '--pack-destination', dist], {
    cwd: staging,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return join(dist, printed.trim().split('\n').at(-1) ?? '');
}

/**
 * All workspaces in one program, each below a folder of its own, as `compiled/<workspace>/src/...`.
 */
function compile(): void {
  rmSync(compiled, { recursive: true, force: true });
  mkdirSync(build, { recursive: true });
  emit(BUNDLED, {});
  emit(TYPED, { declaration: true, emitDeclarationOnly: true });
}

function emit(names: readonly string[], how: object): void {
  const config = join(build, 'tsconfig.package.json');
  const options = {
    extends: '../tsconfig.json',
    compilerOptions: {
      noEmit: false,
      rewriteRelativeImportExtensions: true,
      rootDir: '../packages',
      outDir: 'compiled',
      ...how,
    },
    include: names.map((name) => `../packages/${name}/src`),
  };
  writeFileSync(config, `${JSON.stringify(options, null, 2)}\n`);
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', config, '--pretty', 'false'], {
    stdio: ['ignore', 2, 2],
  });
}

/** Compiled code, data and a manifest without dependencies: those are the package's own. */
function stageWorkspace(name: string): void {
  const source = join(root, 'packages', name);
  const target = join(staging, 'node_modules', '@tollkeeper', name);
  mkdirSync(target, { recursive: true });
  cpSync(join(source, 'src'), join(target, 'src'), {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
  cpSync(join(compiled, name, 'src'), join(target, 'src'), { recursive: true });
  nameDeclarations(join(target, 'src'));
  const data = join(source, 'data');
  if (existsSync(data)) cpSync(data, join(target, 'data'), { recursive: true });
  const { name: full, version, license, exports } = manifestOf(source);
  const javascript: unknown = JSON.parse(JSON.stringify(exports ?? {}).replaceAll('.ts"', '.js"'));
  writeManifest(target, { name: full, version, license, type: 'module', exports: javascript });
}

/** Declarations name their neighbours as sources: the compiler leaves that as it is. */
function nameDeclarations(folder: string): void {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.d.ts')) continue;
    const file = join(folder, path);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll(/(['"]\.{1,2}\/[^'"]*)\.ts(?=['"])/g, '$1.js'));
  }
}

function stageRoot(): void {
  const manifests = BUNDLED.map((name) => manifestOf(join(root, 'packages', name)));
  const top = manifestOf(root);
  // Bundled packages must be dependencies too, or npm takes them out again when it installs.
  const all = Object.fromEntries(
    manifests.flatMap(({ name, version, dependencies = {} }) => [
      [name, version],
      ...Object.entries(dependencies),
    ]),
  );
  const sorted = Object.entries<string>(all).sort(([a], [b]) => (a < b ? -1 : 1));
  mkdirSync(join(staging, 'bin'), { recursive: true });
  const launcher = join(staging, 'bin', 'tollkeeper.js');
  cpSync(join(root, 'packages', 'cli', 'bin', basename(launcher)), launcher);
  chmodSync(launcher, 0o755);
  for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) {
    if (existsSync(join(root, file))) cpSync(join(root, file), join(staging, file));
  }
  // Bundled packages are out of reach by name: this is the door to the client.
  for (const file of ['client.js', 'client.d.ts']) {
    writeFileSync(join(staging, file), "export * from '@tollkeeper/client';\n");
  }
  writeManifest(staging, {
    name: 'tollkeeper',
    version: top.version,
    description: top.description,
    license: top.license,
    type: 'module',
    bin: { tollkeeper: 'bin/tollkeeper.js' },
    exports: { './client': './client.js', './package.json': './package.json' },
    engines: { node: '>=20' },
    dependencies: Object.fromEntries(sorted),
    optionalDependencies: top.optionalDependencies,
    bundleDependencies: manifests.map((each) => each.name),
  });
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function writeManifest(folder: string, manifest: object): void {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

if (import.meta.main) console.log(buildPackage());
