/**
 * `npm run bench`: how fast the gateway is, against a bare relay in the same run.
 *
 *     npm run bench -- [throughput] [latency] [store] [keeper] [workers] [stores] [soak] [options]
 *
 * Without a section: all but the soak. Exit code 0: it counts and all targets are met;
 * 1: a target was missed, or an answer or an entry was wrong; 2: it could not be run; 3: it is
 * void, with the reasons said. docs/performance.md explains the rules and how to repeat the
 * figures.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { digestOfWork, type Credentials, type Kind } from './answers.ts';
import { pinSelf } from './children.ts';
import { measureKeeper } from './keeper.ts';
import { measureLatency } from './latency.ts';
import { profileTables } from './profile.ts';
import { tableText, type SectionResult, type Settings } from './section.ts';
import { measureSoak } from './soak.ts';
import { measureStore } from './store-section.ts';
import { measureStores } from './stores.ts';
import { measureThroughput } from './throughput.ts';
import { measureWorkers } from './workers.ts';

const SECTIONS: Readonly<Record<string, (settings: Settings) => Promise<SectionResult>>> = {
  throughput: measureThroughput,
  latency: measureLatency,
  store: measureStore,
  keeper: measureKeeper,
  workers: measureWorkers,
  stores: measureStores,
  soak: measureSoak,
};
const DEFAULT_SECTIONS = ['throughput', 'latency', 'store', 'keeper', 'workers', 'stores'];
/** The harness ends itself after this long, whatever hangs. */
const MINUTES_MAX = 60;
const BUILD_DIR = fileURLToPath(new URL('../.build/bench', import.meta.url));

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  profile: { type: 'boolean', default: false },
  json: { type: 'string' },
  kind: { type: 'string' },
  credentials: { type: 'string' },
  'gateway-flags': { type: 'string', default: '' },
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '6' },
  'warm-seconds': { type: 'string', default: '3' },
  minutes: { type: 'string', default: '5' },
  connections: { type: 'string', default: '256' },
  'data-dir': { type: 'string', default: BUILD_DIR },
  'load-core': { type: 'string', default: '0' },
  'subject-core': { type: 'string', default: '1' },
  help: { type: 'boolean', default: false },
} as const;

const USAGE = `npm run bench -- [SECTION...] [options]
  throughput latency store keeper workers stores soak; all but the soak without any
  --quick              everything once and briefly, nothing judged (a smoke test)
  --profile            profile the gateway's CPU and say where the time goes; nothing judged
  --kind KIND          throughput of converse or stream alone
  --credentials HOW    throughput under bearer or sigv4 alone, in and out
  --gateway-flags=F    start the gateway with these flags of Node too; nothing judged
  --json FILE          write all figures as JSON
  --rounds N           pairs of runs that have to count (5)
  --seconds N          measured seconds of a run (6); --warm-seconds N before them (3)
  --minutes N          how long the soak takes (5)
  --connections N      keep-alive connections of the closed loop, at least 256 (256)
  --data-dir DIR       where data directories are made; decides which disk is synced
  --load-core N --subject-core N   which cores to pin to (0 and 1)
`;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => process.exit(code));
}
setTimeout(
  () => fail(`the bench did not end within ${MINUTES_MAX} minutes`),
  MINUTES_MAX * 60_000,
).unref();

try {
  process.exit(await main());
} catch (error) {
  fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const settings = settingsFrom(values);
  const names = positionals.length > 0 ? positionals : DEFAULT_SECTIONS;
  const unknown = names.filter((name) => SECTIONS[name] === undefined);
  if (unknown.length > 0) throw new Error(`no section ${unknown.join(', ')}\n${USAGE}`);
  print(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores usable`);
  pinSelf(settings.cores.load);
  print(`Node ${process.version}; digest of the work ${digestOfWork().slice(0, 16)}`);

  const results: SectionResult[] = [];
  for (const name of names) {
    const result = await SECTIONS[name]?.(settings);
    if (result === undefined) continue;
    results.push(result);
    for (const table of result.tables) print(`\n${tableText(table)}`);
  }
  if (settings.profileDir !== null) {
    const stretches = results.flatMap((result) => result.stretches ?? []);
    for (const table of profileTables(settings.profileDir, stretches))
      print(`\n${tableText(table)}`);
    print(`\nProfiles for a viewer: ${settings.profileDir}/*.cpuprofile`);
  }
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 2));
  return judge(settings, results);
}

function settingsFrom(
  values: ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'],
): Settings {
  const number = (name: keyof typeof OPTIONS, min: number): number => {
    const value = Number(values[name]);
    if (!Number.isFinite(value) || value < min) throw new Error(`--${name} has to be >= ${min}`);
    return value;
  };
  const { quick } = values;
  const profileDir = values.profile ? join(BUILD_DIR, `profile-${process.pid}`) : null;
  if (profileDir !== null) mkdirSync(profileDir, { recursive: true });
  const settings: Settings = {
    cores: { load: number('load-core', 0), subject: number('subject-core', 0) },
    dataParent: resolve(values['data-dir']),
    connections: number('connections', 256),
    rounds: quick || values.profile ? 1 : number('rounds', 1),
    warmSeconds: quick ? 0.2 : number('warm-seconds', 0),
    seconds: quick ? 0.5 : number('seconds', 1),
    soakMinutes: quick ? 0.05 : number('minutes', 0.1),
    quick,
    kinds: kindsFrom(values.kind),
    credentials: credentialsFrom(values.credentials),
    gatewayFlags: values['gateway-flags'].split(' ').filter((flag) => flag !== ''),
    profileDir,
    say: (line) => process.stderr.write(`${line}\n`),
  };
  if (settings.cores.load === settings.cores.subject) throw new Error('two cores are needed');
  return settings;
}

function kindsFrom(kind: string | undefined): readonly Kind[] {
  if (kind === undefined) return ['converse', 'stream'];
  if (kind === 'converse' || kind === 'stream') return [kind];
  throw new Error('--kind is converse or stream');
}

function credentialsFrom(credentials: string | undefined): readonly Credentials[] {
  if (credentials === undefined) return ['bearer', 'sigv4'];
  if (credentials === 'bearer' || credentials === 'sigv4') return [credentials];
  throw new Error('--credentials is bearer or sigv4');
}

/** Says what came of it and gives the exit code: wrong beats void, void beats missed. */
function judge(settings: Settings, results: readonly SectionResult[]): number {
  const named = (pick: (result: SectionResult) => readonly string[]): string[] =>
    results.flatMap((result) => pick(result).map((text) => `${result.section}: ${text}`));
  const wrong = named((result) => result.wrong);
  const faults = named((result) => result.void);
  const { quick, profileDir, gatewayFlags } = settings;
  const judged = !quick && profileDir === null && gatewayFlags.length === 0;
  print('');
  for (const { name, demanded, measured, met } of results.flatMap(({ targets }) => targets)) {
    const verdict = met ? 'met   ' : 'MISSED';
    print(`${judged ? verdict : '-     '}  ${name}: ${measured} (${demanded})`);
  }
  if (!judged) print('A smoke test, a profile or a trial: no figure above is a verdict.');
  if (wrong.length > 0) {
    list('Answers or entries were WRONG:', wrong);
    return 1;
  }
  if (!judged) return 0;
  if (faults.length > 0) {
    list('This run is VOID:', faults);
    return 3;
  }
  return results.every(({ targets }) => targets.every(({ met }) => met)) ? 0 : 1;
}

function list(title: string, lines: readonly string[]): void {
  print(`\n${title}`);
  for (const line of lines) print(`  - ${line}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
