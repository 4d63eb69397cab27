/** `tollkeeper simulator`: the simulator's own command, which reads its own flags. */
import { runSimulator, SIMULATOR_USAGE } from '@tollkeeper/simulator';
import { EXIT, UsageError, type ExitCode } from './exit-code.ts';
import { ignoreTerminal } from './stop-signals.ts';
import type { World } from './world.ts';

/** Runs until a signal. Rejects with a `UsageError` when a flag is wrong or the port is taken. */
export async function simulate(argv: readonly string[], world: World): Promise<ExitCode> {
  if (argv.includes('--help')) {
    world.out(SIMULATOR_USAGE);
    return EXIT.ok;
  }
  const simulator = await runSimulator(argv).catch((error: unknown) => {
    throw new UsageError(`simulator: ${error instanceof Error ? error.message : String(error)}`);
  });
  const told = Promise.withResolvers<void>();
  process.once('SIGTERM', () => told.resolve());
  // Ctrl-C goes to every process of a terminal; calls of the gateway beside it still run.
  if (argv.includes('--exit-with-parent')) ignoreTerminal();
  else process.once('SIGINT', () => told.resolve());
  await told.promise;
  await simulator.close();
  return EXIT.ok;
}
