/**
 * What `npm start` and `npm test` run first, so that one command is enough on a fresh clone:
 * installs the dependencies when `node_modules` does not agree with `package-lock.json`, and makes
 * sure that the `node` of the scripts is new enough. Plain JavaScript, because the Node of the
 * machine (20 or newer) may run it before ours is there. Prints to stderr only; silent and quick
 * when nothing is to do.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const bin = join(modules, '.bin');
/** Holds the hash of the lock file that `node_modules` was last found to agree with. */
const stamp = join(modules, '.lock-hash');

const lock = readFileSync(join(root, 'package-lock.json'));
const lockHash = createHash('sha256').update(lock).digest('hex');

if (!stampAgrees()) {
  if (!installedAgrees()) install();
  writeFileSync(stamp, `${lockHash}\n`);
}
requireNode();

function stampAgrees() {
  try {
    return readFileSync(stamp, 'utf8').trim() === lockHash;
  } catch {
    return false;
  }
}

/**
 * Whether npm's own record of what it installed has every package of the lock file in the same
 * version. Covers somebody who installed by hand: nothing is thrown away and installed again
 * without need.
 */
function installedAgrees() {
  const record = join(modules, '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(lock.toString('utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    // The root and the workspaces themselves are ours.
    if (!path.startsWith('node_modules/')) return true;
    const found = installed[path];
    if (found === undefined) return entry.optional === true && !namesThisPlatform(entry);
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * Whether a package is made for this platform above all: then it may not be missing, though
 * optional.
 */
function namesThisPlatform(entry) {
  if (entry.os === undefined || entry.cpu === undefined || entry.libc !== undefined) return false;
  return [entry.os].flat().includes(process.platform) && [entry.cpu].flat().includes(process.arch);
}

function install() {
  process.stderr.write('tollkeeper: installing dependencies (npm ci), about half a minute ...\n');
  const started = Date.now();
  // Without our own node on the path: it is about to be removed and laid again.
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((part) => !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(part))
    .join(delimiter);
  const result = spawnSync(
    'npm',
    ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    },
  );
  if (result.status !== 0) {
    fail(`npm ci failed${result.error ? `: ${result.error.message}` : ''}; its message is above.`);
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  process.stderr.write(`tollkeeper: dependencies installed in ${seconds} s\n`);
}

/** The scripts after this one run `node` by the PATH that npm gave this one. */
function requireNode() {
  if (major(process.versions.node) >= NODE_MAJOR_MIN) return;
  const found = spawnSync('node', ['--version'], {
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
    encoding: 'utf8',
  });
  if (found.status === 0 && major(found.stdout.trim().slice(1)) >= NODE_MAJOR_MIN) return;
  fail(
    `Node.js ${NODE_MAJOR_MIN} or newer is needed; this is ${process.versions.node} on ` +
      `${process.platform}-${process.arch}. On linux-x64 it comes with the dependencies; ` +
      `elsewhere install it from https://nodejs.org/ or with your version manager, and try again.`,
  );
}

function major(version) {
  return Number.parseInt(version, 10);
}

function fail(message) {
  process.stderr.write(`tollkeeper: ${message}\n`);
  process.exit(1);
}
