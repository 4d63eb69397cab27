/**
 * Counters and gauges of the gateway through the OpenTelemetry API, served in Prometheus' text
 * format. Names follow Prometheus' conventions: base units, `_total` for counters, the product as
 * prefix.
 */
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { Entry, EntryDraft } from '@tollkeeper/core';
import type { Refusal } from '../../ports/telemetry.ts';

/** Figures read at the moment of a scrape. */
export interface LiveFigures {
  readonly settlementsPending: number;
  readonly callsRunning: number;
  readonly callsDraining: number;
  readonly admissionWaiting: number;
  readonly bufferedBytes: number;
}

export interface Metrics {
  settled(entry: EntryDraft | Entry): void;
  refused(refusal: Refusal): void;
  excess(): void;
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
}

const PICO_PER_USD = 1e12;

/**
 * Builds the instruments. `live` is asked at every scrape. Metrics are for watching, never for
 * billing.
 */
export function openMetrics(live: () => LiveFigures): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({
    readers: [exporter],
    resource: resourceFromAttributes({ 'service.name': 'tollkeeper' }),
  });
  const meter = provider.getMeter('tollkeeper');
  const calls = meter.createCounter('tollkeeper_requests_total', {
    description: 'Attempts that were sent and settled.',
  });
  const refusals = meter.createCounter('tollkeeper_refusals_total', {
    description: 'Calls refused before anything was sent.',
  });
  const tokens = meter.createCounter('tollkeeper_tokens_total', {
    description: 'Tokens by disjoint class, as recorded in the ledger.',
  });
  const cost = meter.createCounter('tollkeeper_cost_usd_total', {
    description: 'Known charges in US dollars, rounded: the exact figures are in the ledger.',
  });
  const unknown = meter.createCounter('tollkeeper_unknown_entries_total', {
    description: 'Entries whose usage is not known.',
  });
  const overBound = meter.createCounter('tollkeeper_over_bound_total', {
    description: 'Attempts whose cost went above what was held for them.',
  });
  const latency = meter.createHistogram('tollkeeper_request_duration_seconds', {
    description: 'From arrival to the end of the upstream reply.',
  });
  for (const [name, read] of Object.entries(GAUGES)) {
    meter.createObservableGauge(name).addCallback((result) => result.observe(read(live())));
  }
  const serializer = new PrometheusSerializer();
  return {
    settled(entry) {
      const model = { model: entry.model_id };
      calls.add(1, { ...model, operation: entry.operation, outcome: entry.outcome });
      latency.record(entry.latency_ms / 1_000, model);
      if (entry.usage === null) unknown.add(1, model);
      else addTokens(tokens, entry.usage, entry.model_id);
      if (entry.cost > 0n) cost.add(Number(entry.cost) / PICO_PER_USD, model);
    },
    refused: ({ error, reason }) => refusals.add(1, { error, reason }),
    excess: () => overBound.add(1),
    async text() {
      const { resourceMetrics, errors } = await exporter.collect();
      if (errors.length > 0) throw new Error('The metrics cannot be read.', { cause: errors[0] });
      return serializer.serialize(resourceMetrics);
    },
  };
}

const GAUGES: Readonly<Record<string, (figures: LiveFigures) => number>> = {
  tollkeeper_settlements_pending: (figures) => figures.settlementsPending,
  tollkeeper_calls_running: (figures) => figures.callsRunning,
  tollkeeper_calls_draining: (figures) => figures.callsDraining,
  tollkeeper_admission_waiting: (figures) => figures.admissionWaiting,
  tollkeeper_buffered_bytes: (figures) => figures.bufferedBytes,
};

function addTokens(
  counter: { add(value: number, attributes: Record<string, string>): void },
  usage: NonNullable<EntryDraft['usage']>,
  model: string,
): void {
  const classes = {
    input: usage.input_tokens,
    output: usage.output_tokens,
    cache_read: usage.cache_read_input_tokens,
    cache_write:
      usage.cache_write_5m_input_tokens +
      usage.cache_write_1h_input_tokens +
      usage.cache_write_30m_input_tokens,
  };
  for (const [type, count] of Object.entries(classes)) {
    if (count > 0) counter.add(count, { model, type });
  }
}
