/**
 * Reads the CPU profiles that a profiled gateway wrote (one a thread) and says where the time went:
 * by package or file, by function itself, and by our functions with all that they call. Only
 * samples of the measured stretches count, so that starting and warming up do not blur the picture.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stretch, Table } from './section.ts';

const ROWS = 40;
/** A thread with less of the time than this, of the busiest, is not worth a table. */
const WORTH_SHARE = 0.1;

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}
interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}
interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds of the monotonic clock, and from sample to sample. */
  readonly startTime: number;
  readonly timeDeltas: readonly number[];
}

/** Tables for every profile in a directory, busiest thread first. */
export function profileTables(directory: string, stretches: readonly Stretch[]): Table[] {
  const calls = stretches.reduce((sum, stretch) => sum + stretch.calls, 0);
  const profiles = readdirSync(directory)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => {
      const path = join(directory, name);
      const profile = JSON.parse(readFileSync(path, 'utf8')) as Profile;
      return { path, ...digest(profile, stretches) };
    });
  const busiestMs = Math.max(...profiles.map(({ busyMs }) => busyMs));
  return profiles
    .filter(({ busyMs }) => busyMs >= WORTH_SHARE * busiestMs)
    .toSorted((a, b) => b.busyMs - a.busyMs)
    .flatMap(({ path, busyMs, byPlace, bySelf, byTotal }) => [
      table(`${path}\nbusy ${busyMs.toFixed(0)} ms, by place`, byPlace, busyMs, calls),
      table('by function, its own time', bySelf, busyMs, calls),
      table('by function of ours, with what it calls', byTotal, busyMs, calls),
    ]);
}

interface Digest {
  readonly busyMs: number;
  readonly byPlace: ReadonlyMap<string, number>;
  readonly bySelf: ReadonlyMap<string, number>;
  readonly byTotal: ReadonlyMap<string, number>;
}

function digest(profile: Profile, stretches: readonly Stretch[]): Digest {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const { id, children = [] } of profile.nodes) {
    for (const child of children) parents.set(child, id);
  }
  const selfMs = new Map<number, number>();
  let atMs = profile.startTime / 1000;
  for (const [index, id] of profile.samples.entries()) {
    const lengthMs = (profile.timeDeltas[index] ?? 0) / 1000;
    atMs += lengthMs;
    const now = atMs;
    if (!stretches.some(({ fromMs, toMs }) => now >= fromMs && now <= toMs)) continue;
    selfMs.set(id, (selfMs.get(id) ?? 0) + lengthMs);
  }
  const byPlace = new Map<string, number>();
  const bySelf = new Map<string, number>();
  const byTotal = new Map<string, number>();
  let busyMs = 0;
  for (const [id, ms] of selfMs) {
    const node = nodes.get(id);
    if (node === undefined || node.callFrame.functionName === '(idle)') continue;
    busyMs += ms;
    add(byPlace, placeOf(node.callFrame), ms);
    add(bySelf, nameOf(node.callFrame), ms);
    // A function that calls itself counts once for each sample.
    const onStack = new Set<string>();
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = nodes.get(at)?.callFrame;
      if (frame?.url.includes('/packages/')) onStack.add(nameOf(frame));
    }
    for (const name of onStack) add(byTotal, name, ms);
  }
  return { busyMs, byPlace, bySelf, byTotal };
}

function add(sums: Map<string, number>, name: string, ms: number): void {
  sums.set(name, (sums.get(name) ?? 0) + ms);
}

/** Our file, a dependency's name, or Node's module. */
function placeOf({ url, functionName }: CallFrame): string {
  const dependency = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  if (url === '') return functionName;
  return url.replace(/^.*\/packages\//, '');
}

function nameOf({ url, functionName, lineNumber }: CallFrame): string {
  const place = url.replace(/^.*\/(packages|node_modules)\//, '');
  const name = functionName === '' ? '(anonymous)' : functionName;
  return place === '' ? name : `${name} ${place}:${lineNumber + 1}`;
}

function table(
  title: string,
  sums: ReadonlyMap<string, number>,
  busyMs: number,
  calls: number,
): Table {
  const rows = [...sums].toSorted((a, b) => b[1] - a[1]).slice(0, ROWS);
  return {
    title,
    head: ['where', 'share', 'us/call'],
    rows: rows.map(([name, ms]) => [
      name,
      `${((ms / busyMs) * 100).toFixed(1)} %`,
      ((ms * 1000) / calls).toFixed(1),
    ]),
  };
}
