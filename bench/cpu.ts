/**
 * Who used which core: reads Linux' own accounts (`/proc/<pid>/stat`, `/proc/stat`) at two
 * moments and says what share of the time between them each process and each core was busy. The
 * kernel here counts interrupt work to the process it interrupted, so a saturated process shows
 * close to 100 %.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: the unit of both files on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Accounts at one moment, in clock ticks. */
export interface CpuSample {
  readonly atMs: number;
  /** By core number: busy includes steal's absence, `steal` is what the hypervisor took. */
  readonly cores: readonly { readonly busy: number; readonly steal: number }[];
  readonly processes: Readonly<Record<number, number>>;
}

/** Shares of the wall time between two samples, 1 = one whole core. */
export interface CpuShares {
  /** When the time between began and ended, in milliseconds of the monotonic clock. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly seconds: number;
  readonly cores: readonly { readonly busy: number; readonly steal: number }[];
  readonly processes: Readonly<Record<number, number>>;
}

/** Reads the accounts of the cores and of these processes. A process that is gone counts zero. */
export function sampleCpu(pids: readonly number[]): CpuSample {
  const processes: Record<number, number> = {};
  for (const pid of pids) processes[pid] = ticksOf(pid);
  const atMs = Number(process.hrtime.bigint()) / 1e6;
  return { atMs, cores: coreTicks(readFileSync('/proc/stat', 'latin1')), processes };
}

/** What happened between two samples of the same processes. */
export function cpuBetween(before: CpuSample, after: CpuSample): CpuShares {
  const seconds = (after.atMs - before.atMs) / 1000;
  const share = (later: number, earlier: number): number =>
    (later - earlier) / TICKS_PER_SECOND / seconds;
  const cores = after.cores.map((core, index) => ({
    busy: share(core.busy, before.cores[index]?.busy ?? 0),
    steal: share(core.steal, before.cores[index]?.steal ?? 0),
  }));
  const processes: Record<number, number> = {};
  for (const [pid, ticks] of Object.entries(after.processes)) {
    processes[Number(pid)] = share(ticks, before.processes[Number(pid)] ?? 0);
  }
  return { fromMs: before.atMs, toMs: after.atMs, seconds, cores, processes };
}

/** `/proc/stat` as busy (user, nice, system, irq, softirq) and steal ticks of each core. */
export function coreTicks(text: string): { busy: number; steal: number }[] {
  const cores: { busy: number; steal: number }[] = [];
  for (const line of text.split('\n')) {
    const match = /^cpu(\d+) (.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = match[2]
      .split(' ')
      .map(Number);
    cores[Number(match[1])] = { busy: user + nice + system + irq + softirq, steal };
  }
  return cores;
}

/** A process and all its living descendants. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statFields(name)?.[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** Core lists of all threads of a process, without doubles: `['1']` when it is pinned to core 1. */
export function affinities(pid: number): string[] {
  const lists = new Set<string>();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1');
    lists.add(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? 'unknown');
  }
  return [...lists];
}

/** Resident memory of a process in bytes; 0 when it is gone. */
export function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** CPU of each thread of a process so far, in ticks, by thread id and name. */
export function threadTicks(pid: number): Map<string, number> {
  const ticks = new Map<string, number>();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const fields = statFields(`${pid}/task/${task}`);
    if (fields === null) continue;
    const name = readFileSync(`/proc/${pid}/task/${task}/comm`, 'latin1').trim();
    ticks.set(`${name} ${task}`, Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
  }
  return ticks;
}

/** User and system time of all threads of a process, in ticks. */
function ticksOf(pid: number): number {
  const fields = statFields(String(pid));
  return Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0);
}

/**
 * Fields of a process' or a thread's `stat` from the state on: the name before them may hold
 * blanks.
 */
function statFields(path: string): string[] | null {
  try {
    const text = readFileSync(`/proc/${path}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
