/** `tollkeeper serve` and `tollkeeper init`: the verbs that open the stores themselves. */
import cluster from 'node:cluster';
import { userInfo } from 'node:os';
import {
  loadSettings,
  readSettingsFile,
  settingsFilePath,
  type Settings,
} from '@tollkeeper/server/settings';
import { launchDemo } from './launch-demo.ts';
import { UsageError } from './exit-code.ts';
import { explaining } from './start-failure.ts';

/** Flags by the names of the settings, and those that are only of this command. */
export interface ServeFlags extends Readonly<Record<string, unknown>> {
  readonly demo?: boolean;
  readonly simulatorPort?: number;
  readonly upstreamUrl?: string;
  /** The engine that the launcher of a demo has started. */
  readonly storePid?: number;
}

/** Serves until SIGTERM or SIGINT. The demo without `--upstream` starts its simulator first. */
export async function serve(flags: ServeFlags): Promise<void> {
  if (flags.demo === true && flags.upstreamUrl === undefined) {
    await launchDemo(settingsOf(flags), flags.simulatorPort ?? 0);
    return;
  }
  const settings = settingsOf(flags);
  const as = { demo: flags.demo === true, storePid: flags.storePid ?? null };
  if (as.demo && settings.store === 'dynamodb' && settings.dynamodbEndpoint === null) {
    throw new UsageError('A demo uses no table in AWS: say --dynamodb-endpoint, or no --upstream.');
  }
  if (settings.workers === 1) {
    const { runGateway } = await import('./gateway-process.ts');
    await runGateway(settings, as);
  } else if (cluster.isWorker) {
    const { runWorker } = await import('./worker.ts');
    await runWorker(settings, as);
  } else {
    const { runWorkers } = await import('./workers.ts');
    await runWorkers(settings, as);
  }
}

/**
 * Makes the data directory, the master key and the provisioning key, and prints the latter once.
 * What is there already stays.
 */
export async function init(flags: ServeFlags): Promise<void> {
  const settings = settingsOf(flags);
  const { createProvisioningKey, makeMasterKey, openStores } = await import('@tollkeeper/server');
  const parts = await explaining(settings, () => openStores(settings));
  try {
    const place = await makeMasterKey(settings, parts).catch(notMade);
    if (place !== undefined) {
      process.stderr.write(
        `A master key is in ${place} now. Secrets of access keys follow from it: keep a copy of ` +
          'it in a safe place, and never beside backups of the store.\n',
      );
    }
    const key = await createProvisioningKey(parts, {
      replace: flags['replace'] === true,
      actor: { kind: 'cli', id: userName() },
    });
    if (key === undefined) {
      // A store of before there were master keys needs no more than that.
      if (place !== undefined) return;
      const store = settings.store === 'dynamodb' ? 'The table' : settings.dataDir;
      throw new UsageError(
        `${store} has a provisioning key already. To replace it, and end the old one, ` +
          'run tollkeeper init --replace.',
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

/** What is wrong with the master key is for the operator to mend. */
function notMade(error: unknown): never {
  const told = error instanceof Error && error.name === 'MasterKeyError';
  throw told ? new UsageError(error.message) : error;
}

/** Who runs this; a container may have a user without a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Settings from flags, environment and file; every problem at once. */
export function settingsOf(flags: ServeFlags): Settings {
  const path = settingsFilePath(process.env['TOLLKEEPER_SETTINGS_FILE']);
  const loaded = loadSettings({
    flags,
    env: process.env,
    demo: flags.demo === true,
    ...(path === undefined ? {} : { file: fileAt(path) }),
  });
  if (loaded.kind === 'ok') return loaded.settings;
  throw new UsageError(loaded.problems.map((problem) => problem.message).join('\n'));
}

function fileAt(path: string): { readonly path: string; readonly content: unknown } {
  const read = readSettingsFile(path);
  if (read.kind === 'unreadable') throw new UsageError(read.message);
  return read.file;
}
