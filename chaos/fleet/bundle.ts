/**
 * The gateway in a few files. From some thousand modules a process takes two seconds of a core to
 * start, and one that is killed every second would be started more than it serves; bundled it takes
 * half. It is the same code, and finds its data where the workspace has it.
 */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '../..');
const CLI = join(ROOT, 'packages/cli');
/** Two folders deep, as the package is: it reads its version from the file above. */
const OUT = join(ROOT, '.build/fleet-gateway');

/** Bundles the command line, and answers the file to run. */
export async function bundleGateway(): Promise<string> {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  copyFileSync(join(CLI, 'package.json'), join(OUT, 'package.json'));
  const bundle = await rolldown({
    input: join(CLI, 'src/main.ts'),
    platform: 'node',
    // Native code stays where it is; a gateway over DynamoDB loads none.
    external: [/\.node$/],
    logLevel: 'silent',
  });
  await bundle.write({ dir: join(OUT, 'src'), format: 'esm' });
  await bundle.close();
  return join(OUT, 'src/main.js');
}
