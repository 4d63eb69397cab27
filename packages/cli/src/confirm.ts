/** Asks before something that cannot be taken back, unless `--yes` was given. */
import { UsageError } from './exit-code.ts';
import type { World } from './world.ts';

/** Whether to go on. Throws a `UsageError` where nobody can be asked. */
export async function confirmed(
  world: World,
  flags: { readonly yes?: boolean },
  question: string,
): Promise<boolean> {
  if (flags.yes === true) return true;
  if (world.ask === undefined) {
    throw new UsageError('Nobody can be asked here. Say --yes, or --dry-run to look only.');
  }
  const answer = await world.ask(`${question} [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}
