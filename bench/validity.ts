/**
 * The rules by which a measurement counts. They are part of the product: a ratio between two
 * programs means something only when each of them had the whole of the same core, used it up, and
 * neither the load, the upstream nor a neighbour on the machine was what held it back.
 */

/** The measured program has to use at least this share of its core. */
export const SUBJECT_SHARE_MIN = 0.95;
/** All others together may use at most this share of a core that is measured on. */
export const OTHERS_SHARE_MAX = 0.05;
/** The upstream alone has to sustain this many times what the relay does. */
export const UPSTREAM_OVER_RELAY_MIN = 2;
/** Open-loop calls have to leave this promptly in 99 of 100 cases, in milliseconds. */
export const LATENESS_P99_MS_MAX = 2;

/** What has to be known of one run of the load to judge it. Shares are of one core. */
export interface RunFacts {
  readonly label: string;
  readonly wrong: number;
  readonly firstFault: string | null;
  /** CPU of the measured program, all its processes and threads. */
  readonly subjectShare: number;
  /** On the measured program's core: what was used by none of the bench's processes. */
  readonly othersShare: number;
  /** On that core: what the hypervisor gave to other machines. */
  readonly stealShare: number;
  /** Core lists of all threads of the measured program, and the core that each has to name. */
  readonly affinities: readonly string[];
  readonly core: number;
}

/**
 * Of an open-loop run one has to know more: its figures are times, and the load's core counts too.
 */
export interface OpenLoopFacts extends RunFacts {
  readonly latenessP99Ms: number;
  /** What none of the bench's processes used of the load's core. */
  readonly othersOnLoadCore: number;
}

/** What was answered wrong, over all runs. */
export function wrongAnswers(runs: readonly RunFacts[]): string[] {
  return runs
    .filter(({ wrong }) => wrong > 0)
    .map(({ label, wrong, firstFault }) => {
      return `${wrong} answers through ${label} were wrong: ${firstFault ?? 'unknown'}`;
    });
}

/** Why a throughput run of relay or gateway does not count; empty when it does. */
export function faultsOfThroughput(run: RunFacts): string[] {
  const faults = wrongAnswers([run]);
  if (run.subjectShare < SUBJECT_SHARE_MIN) {
    faults.push(
      `${run.label} used ${percent(run.subjectShare)} of its core, ` +
        `less than ${percent(SUBJECT_SHARE_MIN)}`,
    );
  }
  return [...faults, ...faultsOfPinning(run), ...faultsOfNoise(run)];
}

/**
 * Why an open-loop run does not count: it is not meant to fill its core, but has to leave in
 * time.
 */
export function faultsOfLatency(run: OpenLoopFacts): string[] {
  const faults = wrongAnswers([run]);
  if (run.latenessP99Ms > LATENESS_P99_MS_MAX) {
    faults.push(
      `calls to ${run.label} left ${run.latenessP99Ms.toFixed(2)} ms late (p99), ` +
        `more than ${LATENESS_P99_MS_MAX} ms`,
    );
  }
  if (run.othersOnLoadCore > OTHERS_SHARE_MAX) {
    faults.push(`other programs took ${percent(run.othersOnLoadCore)} of the core of the load`);
  }
  return [...faults, ...faultsOfPinning(run), ...faultsOfNoise(run)];
}

/** Why the upstream may have been what was measured; empty when it was fast enough. */
export function faultsOfUpstream(alonePerSecond: number, relayPerSecond: number): string[] {
  if (alonePerSecond >= UPSTREAM_OVER_RELAY_MIN * relayPerSecond) return [];
  const times = (alonePerSecond / relayPerSecond).toFixed(2);
  return [
    `upstream and load alone sustained ${times} times the relay, ` +
      `less than ${UPSTREAM_OVER_RELAY_MIN} times`,
  ];
}

/**
 * Why the gateway's entries do not match what was asked of it; empty when each call has its
 * entry.
 */
export function faultsOfEntries(expected: EntryTotals, found: EntryTotals): string[] {
  const faults: string[] = [];
  for (const name of Object.keys(expected) as (keyof EntryTotals)[]) {
    if (expected[name] === found[name]) continue;
    faults.push(`entries: ${name} should be ${expected[name]} and is ${found[name]}`);
  }
  return faults;
}

/** What the usage summary has to say after a run. */
export interface EntryTotals {
  readonly requests: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly unknown_entries: number;
  readonly unpriced_entries: number;
}

/** A share as people read it. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function faultsOfPinning(run: RunFacts): string[] {
  if (run.affinities.length === 1 && run.affinities[0] === String(run.core)) return [];
  const cores = run.affinities.join(' and ');
  return [`threads of ${run.label} may run on cores ${cores}, not only on ${run.core}`];
}

function faultsOfNoise(run: RunFacts): string[] {
  const faults: string[] = [];
  if (run.othersShare > OTHERS_SHARE_MAX) {
    faults.push(`other programs took ${percent(run.othersShare)} of the core of ${run.label}`);
  }
  if (run.stealShare > OTHERS_SHARE_MAX) {
    faults.push(`the hypervisor took ${percent(run.stealShare)} of the core of ${run.label}`);
  }
  return faults;
}
