/**
 * What a demo with `--store dynamodb` keeps everything in: an engine on this machine, a process of
 * its own. The one that npm brings keeps its data in a file of the data directory; AWS's DynamoDB
 * Local, where that is all there is, in memory: then every start is a new demo.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '@tollkeeper/server/settings';
import { demoPath, readDemo } from './demo-file.ts';

/** An engine that answers, and the process that it is. */
export interface DemoEngine {
  readonly endpoint: string;
  readonly pid: number;
}

type At = Pick<Settings, 'dataDir' | 'store' | 'dynamodbEndpoint'>;

/**
 * Starts the engine, or finds that of an earlier start; it ends with this process. Undefined: none
 * is asked for, or where it is was said.
 */
export async function engineOf(at: At): Promise<DemoEngine | undefined> {
  if (at.store !== 'dynamodb' || at.dynamodbEndpoint !== null) return undefined;
  return (await reused(at.dataDir)) ?? start(at.dataDir);
}

async function reused(dataDir: string): Promise<DemoEngine | undefined> {
  const before = readDemo(dataDir);
  const { store_endpoint: endpoint = null, store_pid: pid = null } = before ?? {};
  if (endpoint === null || pid === null) return undefined;
  try {
    process.kill(pid, 0);
    await fetch(endpoint, { signal: AbortSignal.timeout(2_000) });
    return { endpoint, pid };
  } catch {
    return undefined;
  }
}

async function start(dataDir: string): Promise<DemoEngine> {
  const { NoLocalEngine, startDynamoDbLocal, startLocalEngine, whyNoDynamoDbLocal } =
    await import('@tollkeeper/server/dynamodb');
  try {
    return await startLocalEngine({ file: join(dataDir, 'dynamodb.db') });
  } catch (error) {
    // What is in the file of one that does not start is not given up.
    if (!(error instanceof NoLocalEngine)) throw error;
    const missing = whyNoDynamoDbLocal();
    const local =
      missing === undefined ? await startDynamoDbLocal().catch(() => undefined) : undefined;
    if (local === undefined) throw missing === undefined ? error : neither(error, missing);
    // What it names is in no store any more.
    rmSync(demoPath(dataDir), { force: true });
    return local;
  }
}

function neither(error: Error, missing: string): Error {
  return new Error(`${error.message} AWS's DynamoDB Local does not run here either: ${missing}.`);
}
