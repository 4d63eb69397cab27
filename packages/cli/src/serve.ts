/** `tollkeeper serve` and `tollkeeper init`: the verbs that open the stores themselves. */
import { readFileSync } from 'node:fs';
import {
  crashAt,
  createProvisioningKey,
  loadSettings,
  openStores,
  startServer,
  type RunningServer,
  type Settings,
} from '@tollkeeper/server';
import { DEFAULT_CREDENTIALS } from '@tollkeeper/simulator';
import { stopForGood } from './crash.ts';
import { launchDemo, prepareDemo, printDemo } from './demo.ts';
import { VERSION } from './version.ts';

/** Flags by the names of the settings, and those that are only of this command. */
export interface ServeFlags extends Readonly<Record<string, unknown>> {
  readonly demo?: boolean;
  readonly simulatorPort?: number;
  readonly upstreamUrl?: string;
}

/** A mistake of the person who starts it: shown as one line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Serves until SIGTERM or SIGINT. The demo without `--upstream` starts its simulator first. */
export async function serve(flags: ServeFlags): Promise<void> {
  if (flags.demo === true && flags.upstreamUrl === undefined) {
    await launchDemo(settingsOf(flags), flags.simulatorPort ?? 0);
    return;
  }
  const settings = settingsOf(flags);
  const server = await start(settings, flags.demo === true);
  if (flags.demo === true) printDemo(await prepareDemo(settings, server));
  else await refuseWithoutProvisioningKey(server);
  process.stdout.write(`ready ${server.endpoint}\n`);
}

/** Makes the data directory and the provisioning key, and prints the key once. */
export async function init(flags: ServeFlags): Promise<void> {
  const settings = settingsOf(flags);
  const parts = await openStores(settings);
  try {
    const key = await createProvisioningKey(parts, { replace: flags['replace'] === true });
    if (key === undefined) {
      throw new UsageError(
        `${settings.dataDir} has a provisioning key already. To replace it, and end the old one, run ` +
          'tollkeeper init --replace.',
      );
    }
    process.stderr.write(
      'The provisioning key, shown this once. Keep it safe; it administers all.\n',
    );
    process.stdout.write(`${key}\n`);
  } finally {
    await parts.ledger.close();
  }
}

/** Settings from flags, environment and file; every problem at once. */
function settingsOf(flags: ServeFlags): Settings {
  const path = process.env['TOLLKEEPER_SETTINGS_FILE'];
  const loaded = loadSettings({
    flags,
    env: process.env,
    demo: flags.demo === true,
    ...(path === undefined ? {} : { file: { path, content: readJson(path) } }),
  });
  if (loaded.kind === 'ok') return loaded.settings;
  throw new UsageError(loaded.problems.map((problem) => problem.message).join('\n'));
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (error) {
    throw new UsageError(`The settings file ${path} cannot be read: ${String(error)}`);
  }
}

async function start(settings: Settings, demo: boolean): Promise<RunningServer> {
  const armed = process.env['TOLLKEEPER_CRASH_POINT'];
  const server = await startServer(settings, {
    version: VERSION,
    onFatal: (error) => {
      process.stderr.write(`The store failed for good: ${error.message}\n`);
      process.exit(1);
    },
    ...(demo
      ? {
          demo: {
            credentials: DEFAULT_CREDENTIALS,
            ...(armed === undefined
              ? {}
              : { crash: crashAt(armed, () => stopForGood(settings.dataDir)) }),
          },
        }
      : {}),
  });
  stopOnSignals(server);
  return server;
}

function stopOnSignals(server: RunningServer): void {
  let stopping = false;
  const stop = (): void => {
    // A second signal ends at once: what runs is recovered from its intents on the next start.
    if (stopping) process.exit(130);
    stopping = true;
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`Stopping failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  // The launcher of the demo is gone.
  process.on('disconnect', stop);
}

async function refuseWithoutProvisioningKey(server: RunningServer): Promise<void> {
  if (await server.hasProvisioningKey()) return;
  await server.close();
  throw new UsageError(
    'There is no provisioning key in this data directory yet, so nobody could administer it. Run ' +
      'tollkeeper init first.',
  );
}
