/** Runs the seeds it is sent, one after the other, and sends back what came of each. */
import { parentPort } from 'node:worker_threads';
import { closeTheWorld } from './closed-world.ts';
import { engineNamed } from './engines.ts';
import { simulate } from './simulate.ts';

const port = parentPort;
if (port === null) throw new Error('This is a worker.');
closeTheWorld();
port.on('message', ({ seed, engine }: { readonly seed: number; readonly engine: string }) => {
  simulate(seed, { engine: engineNamed(engine) }).then(
    (outcome) => port.postMessage({ seed, outcome }),
    (error: unknown) => {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      port.postMessage({ seed, failed: what });
    },
  );
});
