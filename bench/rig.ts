/**
 * The standing parts of a section - upstream, load, relay - and one measured run against a
 * target. The load and the upstream share one core, whatever is measured has the other one.
 */
import { startChild, type Child } from './children.ts';
import type { Kind } from './answers.ts';
import { affinities, processTree, threadTicks } from './cpu.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import type { RunFacts } from './validity.ts';

/** Which core is whose. */
export interface Cores {
  readonly load: number;
  readonly subject: number;
}

/** Something that can be asked: where, with what key, and whose CPU it uses. */
export interface Target {
  readonly label: string;
  readonly port: number;
  /** The header lines that authorise a call now, each with its line end. */
  authorization(kind: Kind): Promise<string>;
  readonly pid: number;
}

/** How one run asks; the rest of a load order follows from target and rig. */
export interface Ask {
  readonly kind: Kind;
  readonly connections: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  readonly perSecond?: number;
  readonly rampSeconds?: number;
}

/** A run with what is needed to judge it. */
export interface Run {
  readonly target: string;
  readonly result: LoadResult;
  readonly facts: RunFacts;
  readonly loadShare: number;
  readonly upstreamShare: number;
  /** The measured program's threads with their part of its CPU, busiest first; warm-up included. */
  readonly threads: readonly { readonly name: string; readonly part: number }[];
  /** What none of the bench's processes used of the load's core. */
  readonly othersOnLoadCore: number;
}

/** A bearer of the usual length, for targets that do not look at it. */
const ANY_BEARER = `Authorization: Bearer tk_bench_${'b'.repeat(48)}\r\n`;
const anyBearer = (): Promise<string> => Promise.resolve(ANY_BEARER);
/** Answers may take this much longer than the run itself, draining included. */
const RUN_SLACK_SECONDS = 120;

export class Rig {
  readonly cores: Cores;
  readonly upstream: Child;
  readonly load: Child;
  readonly relay: Child;

  private constructor(cores: Cores, upstream: Child, load: Child, relay: Child) {
    this.cores = cores;
    this.upstream = upstream;
    this.load = load;
    this.relay = relay;
  }

  static async start(cores: Cores, upstreamArguments: readonly string[] = []): Promise<Rig> {
    const upstream = await startChild(cores.load, './upstream.ts', upstreamArguments);
    const load = await startChild(cores.load, './load.ts');
    const relayArguments = ['--upstream', `http://127.0.0.1:${upstream.port}`];
    const relay = await startChild(cores.subject, './relay.ts', relayArguments);
    return new Rig(cores, upstream, load, relay);
  }

  get upstreamUrl(): string {
    return `http://127.0.0.1:${this.upstream.port}`;
  }

  /** The upstream itself, with nothing in between. */
  get direct(): Target {
    const { port, pid } = this.upstream;
    return { label: 'direct', port, authorization: anyBearer, pid };
  }

  get bareRelay(): Target {
    const { port, pid } = this.relay;
    return { label: 'relay', port, authorization: anyBearer, pid };
  }

  /** Runs the load against a target. `idle` are the other measured programs, standing by. */
  async run(target: Target, ask: Ask, idle: readonly Target[] = []): Promise<Run> {
    const subject = processTree(target.pid);
    const standingBy = idle.flatMap(({ pid }) => processTree(pid));
    const onLoadCore = [this.load.pid, this.upstream.pid, process.pid];
    const order: LoadOrder = {
      port: target.port,
      kind: ask.kind,
      authorization: await target.authorization(ask.kind),
      connections: ask.connections,
      warmSeconds: ask.warmSeconds,
      seconds: ask.seconds,
      perSecond: ask.perSecond ?? null,
      seed: 20260101,
      rampSeconds: ask.rampSeconds ?? 0,
      pids: [...new Set([...subject, ...standingBy, ...onLoadCore])],
    };
    const secondsMax = ask.warmSeconds + ask.seconds + RUN_SLACK_SECONDS;
    const before = threadTicks(target.pid);
    const result = (await this.load.ask('run', order, secondsMax)) as LoadResult;
    const threads = partsOf(before, threadTicks(target.pid));
    return { ...this.#judged(target, result, subject, standingBy), threads };
  }

  /** How many calls of each kind the upstream has answered since it started. */
  async answered(): Promise<Record<Kind, number>> {
    return (await this.upstream.ask('answered', null, 10)) as Record<Kind, number>;
  }

  async stop(): Promise<void> {
    await Promise.all([this.load.stop(), this.relay.stop(), this.upstream.stop()]);
  }

  #judged(
    target: Target,
    result: LoadResult,
    subject: readonly number[],
    standingBy: readonly number[],
  ): Omit<Run, 'threads'> {
    const { processes, cores } = result.cpu;
    const used = (pids: readonly number[]): number =>
      [...new Set(pids)].reduce((sum, pid) => sum + (processes[pid] ?? 0), 0);
    const onLoadCore = [this.load.pid, this.upstream.pid, process.pid];
    const direct = target.pid === this.upstream.pid;
    const core = direct ? this.cores.load : this.cores.subject;
    const ours = direct ? onLoadCore : [...subject, ...standingBy];
    const busy = (index: number): number => cores[index]?.busy ?? 0;
    return {
      target: target.label,
      result,
      facts: {
        label: target.label,
        wrong: result.wrong,
        firstFault: result.firstFault,
        subjectShare: used(subject),
        othersShare: Math.max(0, busy(core) - used(ours)),
        stealShare: cores[core]?.steal ?? 0,
        affinities: [...new Set(subject.flatMap((pid) => affinities(pid)))],
        core,
      },
      loadShare: used([this.load.pid]),
      upstreamShare: used([this.upstream.pid]),
      othersOnLoadCore: Math.max(0, busy(this.cores.load) - used(onLoadCore)),
    };
  }
}

/** What part of the program's CPU each thread had, busiest first. */
function partsOf(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): { name: string; part: number }[] {
  const used = [...after].map(([name, ticks]) => ({
    name,
    ticks: ticks - (before.get(name) ?? 0),
  }));
  const total = used.reduce((sum, { ticks }) => sum + ticks, 0);
  return used
    .filter(({ ticks }) => ticks > 0)
    .map(({ name, ticks }) => ({ name, part: ticks / total }))
    .toSorted((a, b) => b.part - a.part);
}
