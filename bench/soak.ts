/**
 * A thousand paced streams at once for minutes: every one has to become exactly one right entry,
 * and the memory of the gateway has to stay flat. Flat means: the line through the resident
 * memory of the last three fifths of the time rises by less than 5 % over that time.
 */
import { STREAM_FRAME_COUNT } from './answers.ts';
import { processTree, residentBytes } from './cpu.ts';
import { Gateway } from './gateway.ts';
import { Rig } from './rig.ts';
import type { SectionResult, Settings } from './section.ts';
import { expectedTotals } from './totals.ts';
import { faultsOfEntries, percent } from './validity.ts';

const STREAMS = 1000;
/** 50 frames at this pace make a stream of about ten seconds. */
const PACE_MS = 200;
const SAMPLE_MS = 250;
const RISE_MAX = 0.05;
/** The part of the time, at its end, over which memory is judged: three of five minutes. */
const JUDGED_PART = 3 / 5;

/** One reading of the gateway's resident memory. */
export interface MemorySample {
  readonly seconds: number;
  readonly bytes: number;
}

export async function measureSoak(settings: Settings): Promise<SectionResult> {
  const streams = settings.quick ? 50 : STREAMS;
  const paceMs = settings.quick ? 10 : PACE_MS;
  const rig = await Rig.start(settings.cores, ['--pace-ms', String(paceMs)]);
  const gateway = await Gateway.start({
    core: settings.cores.subject,
    parentDir: settings.dataParent,
    credentials: 'bearer',
    upstreamUrl: rig.upstreamUrl,
    flags: settings.gatewayFlags,
    profileDir: settings.profileDir,
  });
  const samples: MemorySample[] = [];
  const startMs = performance.now();
  const sampler = setInterval(() => {
    const bytes = processTree(gateway.pid).reduce((sum, pid) => sum + residentBytes(pid), 0);
    const seconds = (performance.now() - startMs) / 1000;
    samples.push({ seconds, bytes });
    if (samples.length % 30 === 0)
      settings.say(`soak: ${mebibytes(bytes)} after ${seconds.toFixed(0)} s`);
  }, SAMPLE_MS);
  try {
    const run = await rig.run(gateway, {
      kind: 'stream',
      connections: streams,
      warmSeconds: 0,
      seconds: settings.soakMinutes * 60,
      rampSeconds: (STREAM_FRAME_COUNT * paceMs) / 1000,
    });
    clearInterval(sampler);
    const faults = faultsOfEntries(expectedTotals(run.result.right), await gateway.totals());
    const answered = (await rig.answered()).stream;
    if (answered !== run.result.asked) {
      faults.push(`${run.result.asked} streams were asked for, the upstream saw ${answered}`);
    }
    if (run.result.wrong > 0) faults.push(`wrong: ${run.result.firstFault ?? ''}`);
    return report(settings, streams, { ...run, samples, faults });
  } finally {
    clearInterval(sampler);
    await gateway.stop();
    await rig.stop();
  }
}

interface Soaked {
  readonly result: { readonly right: number; readonly wrong: number };
  readonly facts: { readonly subjectShare: number };
  readonly samples: readonly MemorySample[];
  readonly faults: readonly string[];
}

function report(settings: Settings, streams: number, soaked: Soaked): SectionResult {
  const { samples, faults, result } = soaked;
  const until = settings.soakMinutes * 60;
  const judged = samples.filter(
    ({ seconds }) => seconds >= until * (1 - JUDGED_PART) && seconds <= until,
  );
  const rise = relativeRise(judged);
  const at = (index: number): string => mebibytes(samples.at(index)?.bytes ?? 0);
  return {
    section: 'soak',
    tables: [
      {
        title: `Soak: ${streams} paced streams at once, ${settings.soakMinutes} minutes`,
        head: ['streams', 'wrong', 'gateway CPU', 'memory first', 'last', 'rise at the end'],
        rows: [
          [
            String(result.right),
            String(result.wrong),
            percent(soaked.facts.subjectShare),
            at(0),
            at(-1),
            percent(rise),
          ],
        ],
      },
    ],
    wrong: faults,
    void: [],
    targets: [
      {
        name: 'every stream answered and recorded exactly once, with its tokens',
        demanded: 'no difference',
        measured: faults.length === 0 ? `${result.right} of ${result.right}` : faults.join('; '),
        met: faults.length === 0,
      },
      {
        name: 'memory flat: rise over the last three fifths',
        demanded: `< ${percent(RISE_MAX)}`,
        measured: percent(rise),
        met: rise < RISE_MAX,
      },
    ],
    figures: { result, samples, rise, faults },
  };
}

/** Rise of the least-squares line over the time of the samples, relative to where it begins. */
export function relativeRise(samples: readonly MemorySample[]): number {
  const count = samples.length;
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || count < 2) return Number.NaN;
  const meanX = samples.reduce((sum, { seconds }) => sum + seconds, 0) / count;
  const meanY = samples.reduce((sum, { bytes }) => sum + bytes, 0) / count;
  let covariance = 0;
  let variance = 0;
  for (const { seconds, bytes } of samples) {
    covariance += (seconds - meanX) * (bytes - meanY);
    variance += (seconds - meanX) ** 2;
  }
  const slope = covariance / variance;
  const begin = meanY + slope * (first.seconds - meanX);
  return (slope * (last.seconds - first.seconds)) / begin;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
