/**
 * Counters and gauges of the gateway through the OpenTelemetry API, served in Prometheus' text
 * format. Names follow Prometheus' conventions: base units, `_total` for counters, the product as
 * prefix.
 */
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { Meter } from '@opentelemetry/api';
import { MeterProvider, type MetricReader } from '@opentelemetry/sdk-metrics';
import type { Entry, EntryDraft } from '@tollkeeper/core';
import type { Refusal } from '../../ports/telemetry.ts';
import type { PrincipalFigures } from './call-lines.ts';
import { genAiMetrics } from './gen-ai.ts';
import { resourceOf } from './resource.ts';
import { sharingMetrics, type SharingFigures } from './sharing-metrics.ts';

/** Figures read at the moment of a scrape. */
export interface LiveFigures extends SharingFigures {
  readonly settlementsPending: number;
  readonly callsRunning: number;
  readonly callsDraining: number;
  readonly admissionWaiting: number;
  readonly bufferedBytes: number;
  /** Rows of refusals that are not durable yet. */
  readonly refusalsWaiting: number;
  /** Rows of refusals that could not be kept. */
  readonly refusalsNotKept: number;
}

export interface Metrics {
  settled(entry: EntryDraft | Entry): void;
  refused(refusal: Refusal): void;
  /** What a call used and cost its principal. */
  apportioned(figures: PrincipalFigures): void;
  excess(): void;
  /** Everything in Prometheus' text format. */
  text(): Promise<string>;
}

const PICO_PER_USD = 1e12;

/**
 * Upper ends of the buckets of durations, in seconds: from a hundredth to over a minute, by
 * doubling.
 */
const SECONDS = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);

/**
 * Builds the instruments. `live` is asked at every scrape. Metrics are for watching, never for
 * billing. With a `collector`, it reads them too, and calls are also recorded in the words of the
 * conventions for generative AI.
 */
export function openMetrics(live: () => LiveFigures, collector?: MetricReader): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({
    readers: collector === undefined ? [exporter] : [exporter, collector],
    resource: resourceOf({ collected: collector !== undefined }),
  });
  const meter = provider.getMeter('tollkeeper');
  const count = tallies(meter);
  const calls = count('tollkeeper_requests_total', 'Attempts that were sent and settled.');
  const refusals = count('tollkeeper_refusals_total', 'Calls refused before anything was sent.');
  const tokens = count('tollkeeper_tokens_total', 'Tokens by disjoint class, as in the ledger.');
  const cost = count(
    'tollkeeper_cost_usd_total',
    'Known charges in US dollars, rounded: the exact figures are in the ledger.',
  );
  const unknown = count('tollkeeper_unknown_entries_total', 'Entries whose usage is not known.');
  const overBound = count(
    'tollkeeper_over_bound_total',
    'Attempts whose cost went above what was held for them.',
  );
  const latency = meter.createHistogram('tollkeeper_request_duration_seconds', {
    description: 'From arrival to the end of the upstream reply.',
    advice: { explicitBucketBoundaries: SECONDS },
  });
  const firstToken = meter.createHistogram('tollkeeper_time_to_first_token_seconds', {
    description: 'From arrival to the first bytes of a streamed reply.',
    advice: { explicitBucketBoundaries: SECONDS },
  });
  const genAi = collector === undefined ? undefined : genAiMetrics(meter);
  for (const [name, read] of Object.entries(GAUGES)) {
    meter.createObservableGauge(name).addCallback((result) => result.observe(read(live())));
  }
  meter
    .createObservableCounter('tollkeeper_refusals_not_kept_total', {
      description: 'Rows of refusals that could not be kept.',
    })
    .addCallback((result) => result.observe(live().refusalsNotKept));
  sharingMetrics(meter, live);
  const apportioned = principalTallies(meter);
  const serializer = new PrometheusSerializer();
  return {
    settled(entry) {
      const model = entry.model_id;
      calls(1, { model, operation: entry.operation, outcome: entry.outcome });
      latency.record(entry.latency_ms / 1_000);
      if (entry.time_to_first_token_ms !== null) {
        firstToken.record(entry.time_to_first_token_ms / 1_000);
      }
      if (genAi !== undefined) genAi(entry);
      if (entry.usage === null) unknown(1, { model });
      else addTokens(tokens, entry.usage, model);
      if (entry.cost > 0n) cost(Number(entry.cost) / PICO_PER_USD, { model });
    },
    refused: ({ error, reason }) => refusals(1, { error, reason }),
    apportioned,
    excess: () => overBound(1, {}),
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
  tollkeeper_refusals_waiting: (figures) => figures.refusalsWaiting,
};

/** Adds to one series of a counter. */
type Count = (value: number, attributes: Readonly<Record<string, string>>) => void;

/** Series that one counter keeps; what comes beyond them is counted without attributes. */
const SERIES_MAX = 10_000;
/** The same of principals, who are more than models. */
const PRINCIPALS_MAX = 1_000;

/** What calls of the apportioning door used and cost, by model and principal. */
function principalTallies(meter: Meter): (figures: PrincipalFigures) => void {
  const count = tallies(meter, PRINCIPALS_MAX);
  const of = 'of calls through the apportioning door, by model and principal';
  const named = (figure: string): string => `tollkeeper_principal_${figure}_total`;
  const inputTokens = count(named('input_tokens'), `Input tokens ${of}.`);
  const inputCost = count(named('input_cost_usd'), `US dollars of input, rounded, ${of}.`);
  const outputTokens = count(named('output_tokens'), `Output tokens ${of}.`);
  const outputCost = count(named('output_cost_usd'), `US dollars of output, rounded, ${of}.`);
  return ({ model, principal, ...figures }) => {
    const attributes = { model, principal };
    inputTokens(figures.inputTokens, attributes);
    inputCost(Number(figures.inputCost) / PICO_PER_USD, attributes);
    outputTokens(figures.outputTokens, attributes);
    outputCost(Number(figures.outputCost) / PICO_PER_USD, attributes);
  };
}

/**
 * Counters that are summed up here and handed over at a scrape: adding to an instrument for every
 * call would cost more than all that it counts.
 */
function tallies(
  meter: Meter,
  seriesMax = SERIES_MAX,
): (name: string, description: string) => Count {
  return (name, description) => {
    const series = new Map<string, { attributes: Readonly<Record<string, string>>; sum: number }>();
    meter.createObservableCounter(name, { description }).addCallback((result) => {
      for (const { attributes, sum } of series.values()) result.observe(sum, attributes);
    });
    return (value, attributes) => {
      let key = '';
      for (const label in attributes) key += `${attributes[label]} `;
      const known = series.get(key);
      if (known !== undefined) known.sum += value;
      else if (series.size < seriesMax) series.set(key, { attributes, sum: value });
      else series.set('', { attributes: {}, sum: (series.get('')?.sum ?? 0) + value });
    };
  };
}

function addTokens(count: Count, usage: NonNullable<EntryDraft['usage']>, model: string): void {
  const writes =
    usage.cache_write_5m_input_tokens +
    usage.cache_write_1h_input_tokens +
    usage.cache_write_30m_input_tokens;
  if (usage.input_tokens > 0) count(usage.input_tokens, { model, type: 'input' });
  if (usage.output_tokens > 0) count(usage.output_tokens, { model, type: 'output' });
  if (usage.cache_read_input_tokens > 0) {
    count(usage.cache_read_input_tokens, { model, type: 'cache_read' });
  }
  if (writes > 0) count(writes, { model, type: 'cache_write' });
}
