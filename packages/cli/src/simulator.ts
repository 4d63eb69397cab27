/** `tollkeeper simulator`: the simulator's own command, with an end that a launcher can count on. */
import { runSimulator, SIMULATOR_USAGE } from '@tollkeeper/simulator';
import { EXIT, UsageError, type ExitCode } from './exit-code.ts';
import type { World } from './world.ts';

/** Ends with whoever holds the other end of stdin, however that one ends. */
const EXIT_WITH_PARENT = '--exit-with-parent';

/** Runs until a signal. Rejects with a `UsageError` when a flag is wrong or the port is taken. */
export async function simulate(argv: readonly string[], world: World): Promise<ExitCode> {
  if (argv.includes('--help')) {
    world.out(SIMULATOR_USAGE);
    return EXIT.ok;
  }
  const flags = argv.filter((flag) => flag !== EXIT_WITH_PARENT);
  const simulator = await runSimulator(flags).catch((error: unknown) => {
    throw new UsageError(`simulator: ${error instanceof Error ? error.message : String(error)}`);
  });
  return await new Promise((done) => {
    const stop = (): void => {
      void simulator.close().then(() => done(EXIT.ok));
    };
    process.once('SIGINT', stop).once('SIGTERM', stop);
    if (flags.length !== argv.length) process.stdin.once('close', stop).resume();
  });
}
