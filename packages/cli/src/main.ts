#!/usr/bin/env node
/**
 * The command `tollkeeper`: hands the process's world to `run` and turns its answer into an exit
 * code.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { run } from './run.ts';

/** Nothing is answered when the input ends. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

// Whoever reads the output may stop early (`| head`); that is no failure.
process.stdout.on('error', () => process.exit(0));

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  out: (text) => process.stdout.write(text),
  note: (text) => process.stderr.write(text),
  readFile: (path) => readFileSync(path, 'utf8'),
  fetch,
  noteTerminal: process.stderr.isTTY,
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  ...(process.stdin.isTTY ? { ask } : {}),
  terminal: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
});
