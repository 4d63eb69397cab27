/**
 * The first step of `npm start`, run for real in a directory of its own, with an `npm` on its path
 * that only writes down what it was asked and lays what the test says.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = join(import.meta.dirname, '..', 'bootstrap.js');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  mkdirSync(join(folder, 'scripts'));
  mkdirSync(join(folder, 'bin'));
  cpSync(script, join(folder, 'scripts', 'bootstrap.js'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeLock('package-lock.json', '1.0.0');
});
afterEach(() => rmSync(folder, { recursive: true }));

/**
 * A lock file, or npm's record of what is installed, with one package and one for another platform.
 */
function writeLock(name: string, version: string, extra: object = {}): void {
  const packages = {
    '': {},
    'packages/core': {},
    'node_modules/a': { version, integrity: `sha512-${version}` },
    ...extra,
  };
  writeFileSync(join(folder, name), JSON.stringify({ packages }));
}

/** An `npm` that appends its arguments to `npm.log` and does `then`. */
function fakeNpm(then: string): void {
  const path = join(folder, 'bin', 'npm');
  writeFileSync(path, `#!/bin/sh\necho "$@" >> npm.log\n${then}\n`);
  chmodSync(path, 0o755);
}

function laid(version: string): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeLock(join('node_modules', '.package-lock.json'), version);
}

function bootstrap(): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: [join(folder, 'bin'), dirname(process.execPath), '/bin'].join(delimiter) };
  const file = join(folder, 'scripts', 'bootstrap.js');
  return spawnSync(process.execPath, [file], { cwd: folder, env, encoding: 'utf8' });
}

const npmCalls = (): string[] =>
  existsSync(join(folder, 'npm.log'))
    ? readFileSync(join(folder, 'npm.log'), 'utf8').trim().split('\n')
    : [];

test('without node_modules it installs once, development dependencies too, and says so', () => {
  fakeNpm('mkdir -p node_modules');
  const first = bootstrap();
  expect(first).toMatchObject({ status: 0, stdout: '' });
  expect(first.stderr).toContain('installing dependencies');
  expect(npmCalls()).toHaveLength(1);
  expect(npmCalls()[0]).toMatch(/^ci .*--include=dev --include=optional/);
  expect(bootstrap()).toEqual(expect.objectContaining({ status: 0, stdout: '', stderr: '' }));
  expect(npmCalls()).toHaveLength(1);
});

test('what somebody installed by hand in agreement with the lock file is left alone', () => {
  fakeNpm('exit 1');
  laid('1.0.0');
  expect(bootstrap()).toMatchObject({ status: 0, stderr: '' });
  expect(npmCalls()).toEqual([]);
});

test('a lock file that asks for another version is installed', () => {
  fakeNpm('mkdir -p node_modules');
  laid('1.0.0');
  expect(bootstrap().status).toBe(0);
  writeLock('package-lock.json', '1.0.1');
  expect(bootstrap().status).toBe(0);
  expect(npmCalls()).toHaveLength(1);
});

test('a package for another platform may be missing, one for this platform may not', () => {
  fakeNpm('mkdir -p node_modules');
  laid('1.0.0');
  const optional = { version: '1.0.0', optional: true, cpu: process.arch };
  writeLock('package-lock.json', '1.0.0', { 'node_modules/b': { ...optional, os: 'plan9' } });
  expect(bootstrap().status).toBe(0);
  expect(npmCalls()).toEqual([]);
  writeLock('package-lock.json', '1.0.0', {
    'node_modules/b': { ...optional, os: [process.platform] },
  });
  expect(bootstrap().status).toBe(0);
  expect(npmCalls()).toHaveLength(1);
});

test('a failed installation ends the command and is tried again the next time', () => {
  fakeNpm('echo no network >&2; exit 7');
  const result = bootstrap();
  expect(result.status).toBe(1);
  expect(result.stderr).toContain('no network');
  expect(result.stderr).toContain('npm ci failed');
  expect(bootstrap().status).toBe(1);
  expect(npmCalls()).toHaveLength(2);
});
