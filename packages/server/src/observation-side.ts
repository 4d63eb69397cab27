/** How a server is watched, alone or among fellows. A part of the composition root. */
import { LiveTail, tailing } from './admin/live-tail.ts';
import { openObservation, type Observation } from './adapters/telemetry/observation.ts';
import type { Settings } from './config/settings.ts';
import type { Gateway } from './gateway/gateway.ts';
import { pageOfWorkers } from './http/worker-metrics.ts';
import type { LeaseCounts } from './leases/lease-counts.ts';
import type { Fellows } from './ports/fellows.ts';
import type { StoreCounts } from './ports/store-counts.ts';

export interface ObservationParts {
  readonly version: string;
  /** Asked when figures are. */
  readonly running: () => Gateway;
  readonly leases: LeaseCounts | undefined;
  readonly storeCounts: (() => StoreCounts) | undefined;
  readonly fellows: Fellows | undefined;
}

export interface Watched extends Observation {
  readonly tail: LiveTail;
  /** `/metrics`: of this process, or of all that serve the port with it. */
  readonly metricsText: () => Promise<string>;
}

export async function observe(settings: Settings, parts: ObservationParts): Promise<Watched> {
  const { version, running, leases, storeCounts, fellows } = parts;
  const observation = await openObservation(settings, version, () => {
    const gateway = running();
    return {
      settlementsPending: gateway.settlements.pending,
      callsRunning: gateway.running.count,
      callsDraining: gateway.running.drainingCount,
      admissionWaiting: gateway.waiting.length,
      bufferedBytes: gateway.buffered.used,
      refusalsWaiting: gateway.refusals.waiting,
      refusalsNotKept: gateway.refusals.notKept,
      ...(leases === undefined ? {} : { leases: { ...leases } }),
      ...(storeCounts === undefined ? {} : { store: storeCounts() }),
    };
  });
  const tail = new LiveTail(fellows);
  const own = (): Promise<string> => observation.metrics.text();
  fellows?.answer({ metrics: own, news: (news) => tail.hear(news) });
  const metricsText =
    fellows === undefined ? own : async () => pageOfWorkers(await fellows.metrics());
  return {
    ...observation,
    telemetry: tailing(observation.telemetry, tail),
    tail,
    metricsText,
  };
}
