/**
 * Reads the CPU profiles that a profiled gateway wrote (one a thread) and says where the time went:
 * by package or folder, by function itself, and by our functions with all that they call.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Table } from './section.ts';

const ROWS = 30;

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
  /** Microseconds between samples. */
  readonly timeDeltas: readonly number[];
}

/** Tables for every profile in a directory, busiest thread first. */
export function profileTables(directory: string): Table[] {
  const profiles = readdirSync(directory)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => {
      const path = join(directory, name);
      const profile = JSON.parse(readFileSync(path, 'utf8')) as Profile;
      return { path, ...digest(profile) };
    });
  return profiles
    .toSorted((a, b) => b.busyMs - a.busyMs)
    .flatMap(({ path, busyMs, byPlace, bySelf, byTotal }) => [
      table(`${path}\nbusy ${busyMs.toFixed(0)} ms, by place`, byPlace, busyMs),
      table('by function, its own time', bySelf, busyMs),
      table('by function of ours, with what it calls', byTotal, busyMs),
    ]);
}

interface Digest {
  readonly busyMs: number;
  readonly byPlace: ReadonlyMap<string, number>;
  readonly bySelf: ReadonlyMap<string, number>;
  readonly byTotal: ReadonlyMap<string, number>;
}

function digest(profile: Profile): Digest {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const { id, children = [] } of profile.nodes) {
    for (const child of children) parents.set(child, id);
  }
  const selfMs = new Map<number, number>();
  for (const [index, id] of profile.samples.entries()) {
    selfMs.set(id, (selfMs.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1000);
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

function table(title: string, sums: ReadonlyMap<string, number>, busyMs: number): Table {
  const rows = [...sums].toSorted((a, b) => b[1] - a[1]).slice(0, ROWS);
  return {
    title,
    head: ['where', 'ms', 'share'],
    rows: rows.map(([name, ms]) => [name, ms.toFixed(0), `${((ms / busyMs) * 100).toFixed(1)} %`]),
  };
}
