/**
 * `npm run chaos`: kills the real gateway at every named crash point and at random moments while
 * real SDKs and rude clients call it through a simulator that fails on request, and then compares
 * the ledger with the simulator's book. What is compared, and what counts as a broken promise, is
 * in `audit.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHAOS_USAGE, readOptions } from './options.ts';
import { BROKEN, endWith, HELD, heldUnless } from './outcome.ts';
import { printReport, whyVoid } from './report.ts';
import { runChaos } from './run.ts';

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    console.log(CHAOS_USAGE);
    return HELD;
  }
  const options = readOptions(argv);
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'tollkeeper-chaos-'));
  console.log(`chaos: seed ${options.seed}, ${options.callers} callers, ledger in ${dataDir}`);
  const result = await runChaos(options, dataDir);
  printReport(result);
  if (result.violations.length > 0) {
    console.log(`BROKEN: ${result.violations.length} violations; the ledger is kept in ${dataDir}`);
    return BROKEN;
  }
  if (options.dataDir === null) rmSync(dataDir, { recursive: true, force: true });
  return heldUnless(whyVoid(result, options));
}

await endWith(main);
