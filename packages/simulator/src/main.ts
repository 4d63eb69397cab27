/**
 * `node main.ts --port N`: runs the simulator until it gets a signal.
 */
import { runSimulator, SIMULATOR_USAGE } from './command.ts';

const argv = process.argv.slice(2);
if (argv.includes('--help')) {
  process.stdout.write(SIMULATOR_USAGE);
} else {
  try {
    const simulator = await runSimulator(argv);
    const stop = (): void => {
      void simulator.close().then(() => process.exit(0));
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  } catch (error) {
    process.stderr.write(`simulator: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
