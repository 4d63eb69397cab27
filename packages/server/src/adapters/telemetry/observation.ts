/** Everything by which one process is watched: logs, `/metrics`, and a collector if one is set. */
import type { Telemetry } from '../../ports/telemetry.ts';
import { openMetrics, type LiveFigures, type Metrics } from './metrics.ts';
import type { Otlp } from './otlp.ts';
import { openTelemetry, type EmfOptions } from './telemetry.ts';

export interface ObservationSettings extends EmfOptions {
  readonly logLevel: string;
  readonly upstreamUrl: string;
  /** Null: nothing is exported, and nothing of the exporters is loaded. */
  readonly otlpEndpoint: string | null;
  readonly otlpHeaders: string | null;
  readonly otlpIntervalMs: number;
  readonly traceSamplePercent: number;
}

export interface Observation {
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  /** Sends the collector what is left. Bounded by the exporters' own timeout. */
  close(): Promise<void>;
}

/** `live` is asked at every scrape and export. */
export async function openObservation(
  settings: ObservationSettings,
  version: string,
  live: () => LiveFigures,
): Promise<Observation> {
  const failed = { log: (_message: string, _fields: object): void => undefined };
  const otlp = await otlpOf(settings, version, (what, error) => {
    failed.log('The collector does not take what it was sent; it is dropped.', {
      what,
      cause: error?.message,
    });
  });
  const metrics = openMetrics(live, otlp?.metricReader);
  const telemetry = openTelemetry({
    level: settings.logLevel,
    metrics,
    emf: settings,
    ...(otlp === undefined ? {} : { spans: otlp }),
  });
  failed.log = (message, fields) => telemetry.log('warn', message, fields);
  return { metrics, telemetry, close: async () => otlp?.close() };
}

async function otlpOf(
  settings: ObservationSettings,
  version: string,
  onFailure: (what: string, error: Error | undefined) => void,
): Promise<Otlp | undefined> {
  const { otlpEndpoint: endpoint, otlpHeaders } = settings;
  if (endpoint === null) return undefined;
  const { openOtlp } = await import('./otlp.ts');
  return openOtlp({
    endpoint,
    headers: headersOf(otlpHeaders),
    intervalMs: settings.otlpIntervalMs,
    sampleRatio: settings.traceSamplePercent / 100,
    version,
    upstreamUrl: settings.upstreamUrl,
    onFailure,
  });
}

/** `name=value,name=value`, values percent-encoded, as in `OTEL_EXPORTER_OTLP_HEADERS`. */
export function headersOf(text: string | null): Record<string, string> {
  const pairs = (text ?? '').split(',').map((pair) => pair.trim());
  return Object.fromEntries(
    pairs
      .filter((pair) => pair.indexOf('=') > 0)
      .map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at).trim().toLowerCase(), decoded(pair.slice(at + 1).trim())];
      }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
