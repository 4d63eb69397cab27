/**
 * The rules of provisioned throughput as one file of JavaScript for the edge function, which can
 * import nothing from outside its folder. Made from the core, so that there is one set of rules.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HEAD = `/* Generated from packages/core/src/provisioned by npm run generate. */\n`;

/** Content by path from the root of the repository. */
export function edgeFiles(root: string): Record<string, string> {
  const entry = fileURLToPath(new URL('../packages/core/src/provisioned/edge.ts', import.meta.url));
  const bundler = join(root, 'node_modules', '.bin', 'rolldown');
  const args = [entry, '--format', 'esm', '--logLevel', 'silent'];
  const code = execFileSync(bundler, args, { cwd: root, encoding: 'utf8' });
  return { 'deploy/supabase/functions/super-action/rules.js': HEAD + code };
}
