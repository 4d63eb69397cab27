/** One call of the command line, from its words to its exit code. */
import { Command } from 'commander';
import { addApplyCommands } from './apply.ts';
import { addDoctorCommand } from './doctor.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-code.ts';
import { addLocalCommands } from './local.ts';
import { addPricesImport } from './prices-import.ts';
import { addRemoteCommands } from './remote.ts';
import { addRerateCommand } from './rerate.ts';
import { addStoreCommands } from './store.ts';
import { addStoreCopy } from './store-copy.ts';
import { addTableCommands } from './store-table.ts';
import { addTailCommand } from './tail.ts';
import { VERSION } from './version.ts';
import { endWithHelp } from './wording.ts';
import type { World } from './world.ts';

const ENDING = `
The gateway is --endpoint or TOLLKEEPER_ENDPOINT; keys come from TOLLKEEPER_PROVISIONING_KEY or
TOLLKEEPER_API_KEY. Without any of these, the demo in .tollkeeper is meant.
Exit codes: 0 done, 1 failed, 2 wrong usage, 4 not allowed, 5 quota or rate limit,
10 a check failed, or diff found a difference.`;

/** Never rejects. `serve` goes on after this has resolved. */
export async function run(argv: readonly string[], world: World): Promise<ExitCode> {
  try {
    const [verb, ...rest] = argv;
    if (verb === 'simulator') {
      const { simulate } = await import('./simulator.ts');
      return await simulate(rest, world);
    }
    const program = await programFor(verb, world);
    await program.parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    return exitCodeOf(error, world);
  }
}

/** The whole tree of commands. */
export async function programFor(verb: string | undefined, world: World): Promise<Command> {
  const program = new Command('tollkeeper')
    .description('Meters, charges and limits Amazon Bedrock.')
    .version(VERSION)
    .addHelpText('after', ENDING)
    .exitOverride()
    .configureOutput({ writeOut: world.out, writeErr: world.note });
  await addLocalCommands(program, verb);
  addRemoteCommands(program, world);
  const prices = program.commands.find((command) => command.name() === 'prices');
  if (prices !== undefined) addPricesImport(prices, world);
  addApplyCommands(program, world);
  addRerateCommand(program, world);
  addStoreCommands(program, world);
  addStoreCopy(addTableCommands(program, world), world);
  addTailCommand(program, world);
  addDoctorCommand(program, world);
  endWithHelp(program);
  return program;
}
