/**
 * Commands that run here rather than speak to a gateway. What they need is large, so it is loaded
 * only when one of them is called; their flags are those of the table of settings.
 */
import { Option, type Command } from 'commander';
import { UsageError } from './exit-code.ts';

/**
 * Adds `serve`, `init` and `simulator`. `verb` is the one that is called, as far as that is known.
 */
export async function addLocalCommands(program: Command, verb: string | undefined): Promise<void> {
  const serving = program
    .command('serve')
    .description('run the gateway; with --demo, before a simulated Bedrock')
    .option('--demo', 'simulator, organization, key and budget included', false)
    .option('--upstream <url>', 'where calls are sent; with --demo, a simulator that already runs')
    .option('--simulator-port <port>', 'port of the simulator of --demo (0: any)', wholeNumber)
    .addOption(new Option('--store-pid <pid>').argParser(Number).hideHelp())
    .action(async ({ upstream, ...flags }: ServeOptions) => {
      const { serve } = await import('./serve.ts');
      await serve(upstream === undefined ? flags : { ...flags, upstreamUrl: upstream });
    });
  const initial = program
    .command('init')
    .description('make the data directory, the master key and the provisioning key, printed once')
    .option('--replace', 'end the provisioning key that there is', false)
    .action(async (flags: Readonly<Record<string, unknown>>) => {
      const { init } = await import('./serve.ts');
      await init(flags);
    });
  // For the help; `run` takes this verb before the parser sees it.
  program.command('simulator').description('run a Bedrock on loopback; see simulator --help');
  if (verb === 'serve' || verb === 'init' || verb === 'help') {
    await addSettingFlags([serving, initial]);
  }
}

interface ServeOptions extends Readonly<Record<string, unknown>> {
  readonly upstream?: string;
  readonly simulatorPort?: number;
}

function wholeNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError('--simulator-port needs a port.');
  return port;
}

async function addSettingFlags(commands: readonly Command[]): Promise<void> {
  const { SETTINGS, SETTING_KEYS, flagOf } = await import('@tollkeeper/server/settings');
  for (const key of SETTING_KEYS) {
    const flag = flagOf(key);
    if (flag === null) continue;
    const { kind, description, default: value } = SETTINGS[key];
    const unset = typeof value === 'object' ? '' : ` (default ${String(value)})`;
    for (const command of commands) {
      command.option(kind === 'switch' ? flag : `${flag} <value>`, description + unset);
    }
  }
}
