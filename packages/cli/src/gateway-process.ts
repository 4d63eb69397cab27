/**
 * The gateway as this process: starts the server, tells that it is ready, and stops it on a signal.
 */
import {
  crashAt,
  MasterKeyError,
  startServer,
  type Fellows,
  type RunningServer,
  type Settings,
} from '@tollkeeper/server';
import { DEFAULT_CREDENTIALS } from '@tollkeeper/simulator';
import { stopForGood } from './crash.ts';
import { prepareDemo, printDemo } from './demo.ts';
import { UsageError } from './exit-code.ts';
import { explaining } from './start-failure.ts';
import { onOwnStopSignals, onStopSignals } from './stop-signals.ts';
import { VERSION } from './version.ts';
import type { FromWorker, Pids } from './worker-messages.ts';

/** What the process is told as one of several, and what it tells. */
export interface Membership {
  readonly fellows: Fellows;
  /** The key of the demo's issuer; null: this is no demo. */
  readonly issuerKey: string | null;
  /** Resolves when it is to stop. */
  readonly stopped: Promise<void>;
  /** Resolves when it, and none of the others, is to make what the demo needs. */
  readonly preparing: Promise<Pids>;
  readonly tell: (message: FromWorker) => void;
}

/** What a process is that serves. */
export interface RunAs {
  readonly demo: boolean;
  /** The engine that was started for the demo; null: none was. */
  readonly storePid: number | null;
}

/** Resolves when it serves; it then goes on until SIGTERM or SIGINT. */
export async function runGateway(
  settings: Settings,
  { demo, storePid }: RunAs,
  member?: Membership,
): Promise<void> {
  const server = await start(settings, demo, member);
  const prepare = async (pids: Pids): Promise<void> => {
    printDemo(await prepareDemo(settings, server, pids).catch(endOf(server, settings)));
  };
  if (!demo) await refuseWithoutProvisioningKey(server);
  if (member === undefined) {
    if (demo) await prepare({ gateway: process.pid, workers: [], store: storePid });
    process.stdout.write(`ready ${server.endpoint}\n`);
    return;
  }
  const { tell, preparing, fellows } = member;
  tell({ kind: 'ready', endpoint: server.endpoint });
  // The others go on as soon as they serve.
  if (!demo || fellows.worker !== 1) return;
  await prepare(await preparing);
  tell({ kind: 'demo_prepared' });
}

async function start(
  settings: Settings,
  demo: boolean,
  member: Membership | undefined,
): Promise<RunningServer> {
  const armed = process.env['TOLLKEEPER_CRASH_POINT'];
  const clockFile = process.env['TOLLKEEPER_CLOCK_FILE'];
  if (clockFile !== undefined && !demo) {
    throw new UsageError('TOLLKEEPER_CLOCK_FILE sets the time of demos only: unset it.');
  }
  // Nobody would tell it to stop any more; as yet it has nothing to bring to an end.
  const abandoned = (): void => process.exit(1);
  onLeft(abandoned);
  const server = await explaining(settings, () =>
    startServer(settings, {
      version: VERSION,
      onFatal: (error) => {
        process.stderr.write(`The store failed for good: ${error.message}\n`);
        process.exit(1);
      },
      ...(member === undefined ? {} : { fellows: member.fellows }),
      ...(demo
        ? {
            demo: {
              credentials: DEFAULT_CREDENTIALS,
              ...(typeof member?.issuerKey === 'string' ? { issuerKey: member.issuerKey } : {}),
              ...(clockFile === undefined ? {} : { clockFile }),
              ...(armed === undefined
                ? {}
                : { crash: crashAt(armed, () => stopForGood(settings.dataDir)) }),
            },
          }
        : {}),
    }),
  )
    .catch(notStarted)
    // Who listens to the channel keeps the process alive.
    .finally(() => process.off('disconnect', abandoned));
  stopOnSignals(server, member);
  return server;
}

/** What is wrong with the master key is for the operator to mend, like a wrong setting. */
function notStarted(error: unknown): never {
  throw error instanceof MasterKeyError ? new UsageError(error.message) : error;
}

/** A demo that cannot be made must not stay behind as a gateway for which nobody has a key. */
function endOf(server: RunningServer, settings: Settings): (error: unknown) => Promise<never> {
  return async (error) => {
    await server.close();
    // The channel to the launcher would keep this process alive.
    process.removeAllListeners('disconnect');
    if (process.connected) process.disconnect();
    if (settings.tlsCertFile === null || !(error instanceof TypeError)) throw error;
    throw new Error(
      `The demo cannot call its own gateway at ${server.endpoint}. If nobody that this machine ` +
        `trusts signed the certificate, set NODE_EXTRA_CA_CERTS=${settings.tlsCertFile}`,
      { cause: error.cause },
    );
  };
}

function stopOnSignals(server: RunningServer, member: Membership | undefined): void {
  let closing = false;
  const stop = (): void => {
    if (closing) return;
    closing = true;
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Stopping failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  // What runs is recovered from its intents on the next start.
  const endAtOnce = (): void => process.exit(130);
  const stopping = { stop, endAtOnce, now: () => performance.now() };
  if (member === undefined) onStopSignals(stopping);
  else onOwnStopSignals(stopping);
  void member?.stopped.then(stop);
  onLeft(stop);
}

/** Whoever started this process, and tells it when to stop, is gone. */
function onLeft(left: () => void): void {
  process.once('disconnect', left);
  if (isCutOff(process)) left();
}

/** Undefined of a process that nobody has to tell. */
function isCutOff({ connected }: { readonly connected?: boolean }): boolean {
  return connected === false;
}

async function refuseWithoutProvisioningKey(server: RunningServer): Promise<void> {
  if (await server.hasProvisioningKey()) return;
  await server.close();
  throw new UsageError(
    'There is no provisioning key in this data directory yet, so nobody could administer it. Run ' +
      'tollkeeper init first.',
  );
}
