/** Sums over many runs, and what is printed of them. */
import type { Outcome } from './simulate.ts';
import { FAULTS, type Fault } from './weather.ts';

/** A run over so many seeds or more counts only if every kind of fault happened often enough. */
const JUDGED_SEEDS = 10_000;
const TIMES_OF_A_FAULT = 1_000;
/** What has to have come of them so often, and how large each run has to be. */
const TIMES_OF_A_FIGURE = 500;
const EVENTS_OF_A_SEED = 500;
const PROCESSES_OF_A_SEED = 3;

/** See the head of the file. */
export class Report {
  seeds = 0;
  events = 0;
  virtualMs = 0;
  billed = 0;
  calls = 0;
  answered = 0;
  leasesTaken = 0;
  leasesLost = 0;
  processes = 0;
  leastEvents = Infinity;
  leastProcesses = Infinity;
  leastCrashes = Infinity;
  violations = 0;
  #digest = 0n;
  readonly faults = new Map<Fault, number>();
  readonly figures = new Map<string, number>();
  readonly rules = new Map<string, number>();
  /** Of each rule the seeds that broke it, the first few. */
  readonly broken: { readonly seed: number; readonly rules: readonly string[] }[] = [];

  add(outcome: Outcome): void {
    this.seeds += 1;
    this.events += outcome.events;
    this.virtualMs += outcome.virtualMs;
    this.billed += outcome.billed;
    this.calls += outcome.work.calls;
    this.answered += outcome.work.answered;
    this.#digest = (this.#digest + BigInt(`0x${outcome.hash}`) * BigInt(outcome.seed)) % 2n ** 64n;
    this.leasesTaken += outcome.leases.taken;
    this.leasesLost += outcome.leases.lost;
    this.processes += outcome.processes;
    this.leastEvents = Math.min(this.leastEvents, outcome.events);
    this.leastProcesses = Math.min(this.leastProcesses, outcome.processes);
    const { crash, crash_in_step } = outcome.faults;
    this.leastCrashes = Math.min(this.leastCrashes, crash + crash_in_step);
    for (const fault of FAULTS) {
      this.faults.set(fault, (this.faults.get(fault) ?? 0) + outcome.faults[fault]);
    }
    for (const [name, figure] of Object.entries(outcome.figures)) {
      this.figures.set(name, (this.figures.get(name) ?? 0) + figure);
    }
    const rules = Object.entries(outcome.rules);
    for (const [rule, times] of rules) {
      this.rules.set(rule, (this.rules.get(rule) ?? 0) + times);
      this.violations += times;
    }
    if (rules.length > 0) {
      this.broken.push({ seed: outcome.seed, rules: rules.map(([rule]) => rule) });
    }
  }

  /** Of all traces: the same seeds have the same one, on however many threads they were run. */
  get digest(): string {
    return this.#digest.toString(16).padStart(16, '0');
  }

  /** Why the run proves nothing; empty when it counts. */
  get voidBecause(): readonly string[] {
    const small: string[] = [];
    if (this.leastEvents < EVENTS_OF_A_SEED) small.push(`a seed had ${this.leastEvents} events`);
    if (this.leastProcesses < PROCESSES_OF_A_SEED) {
      small.push(`a seed had ${this.leastProcesses} processes`);
    }
    if (this.leastCrashes < 1) small.push('a seed had no crash');
    if (this.seeds < JUDGED_SEEDS) return small;
    const rare = (what: string, times: number, least: number): string[] =>
      times < least ? [`${what} happened ${times} times`] : [];
    const figures = { answered: this.answered, 'leases lost': this.leasesLost };
    return [
      ...small,
      ...FAULTS.flatMap((fault) => rare(fault, this.faults.get(fault) ?? 0, TIMES_OF_A_FAULT)),
      ...[...Object.entries(figures), ...this.figures].flatMap(([name, times]) =>
        rare(name, times, TIMES_OF_A_FIGURE),
      ),
    ];
  }

  /** `cpuMs`: of all threads together. */
  lines(seconds: number, cpuMs: number): string[] {
    const hours = this.virtualMs / 3_600_000;
    const of = (fault: Fault): number => this.faults.get(fault) ?? 0;
    const { seeds, events, calls, answered, billed, leasesTaken, leasesLost } = this;
    const rates =
      `${(seeds / seconds).toFixed(1)} a second, ${(events / seconds).toFixed(0)} events a ` +
      `second, ${(cpuMs / seeds).toFixed(0)} ms of CPU a seed`;
    return [
      `seeds ${seeds} in ${seconds.toFixed(0)} s: ${rates}`,
      `virtual hours ${hours.toFixed(1)}, events ${events} (at least ${this.leastEvents} a ` +
        `seed), processes at least ${this.leastProcesses}, crashes at least ${this.leastCrashes}`,
      `crashes ${of('crash') + of('crash_in_step')}, calls ${calls}, answered ${answered}, ` +
        `billed ${billed}, leases taken ${leasesTaken}, lost ${leasesLost}`,
      `faults: ${FAULTS.map((fault) => `${fault} ${of(fault)}`).join(', ')}`,
      `in the table: ${[...this.figures].map(([name, figure]) => `${name} ${figure}`).join(', ')}`,
      `digest of all traces ${this.digest}`,
      `violations ${this.violations}`,
      ...[...this.rules].map(([rule, times]) => `  ${times} x ${rule}`),
      ...this.broken.slice(0, 20).map(({ seed, rules }) => `  seed ${seed}: ${rules.join('; ')}`),
      ...(this.voidBecause.length > 0 ? [`VOID: ${this.voidBecause.join(', ')}`] : []),
      ...(this.seeds < JUDGED_SEEDS
        ? [`(how often each fault happened is judged from ${JUDGED_SEEDS} seeds on)`]
        : []),
    ];
  }
}
