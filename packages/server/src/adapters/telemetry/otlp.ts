/**
 * Metrics and spans to a collector, by OTLP over HTTP with JSON. Loaded only where an endpoint is
 * set. Spans are made when a call has been settled, from what is known then: a call in flight pays
 * nothing. What a collector does not take is dropped, and the log says so.
 */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { PeriodicExportingMetricReader, type MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Entry, EntryDraft } from '@tollkeeper/core';
import { operationOf, spanAttributes } from './gen-ai.ts';
import { resourceOf } from './resource.ts';
import { contextOf } from './trace-parent.ts';

export interface OtlpOptions {
  /** Base address of the collector; `/v1/metrics` and `/v1/traces` are added. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  /** How many of the calls that nobody else has decided about get a span, from 0 to 1. */
  readonly sampleRatio: number;
  readonly version: string;
  /** Where calls go: spans name it. */
  readonly upstreamUrl: string;
  /** An export failed. */
  readonly onFailure: (what: string, error: Error | undefined) => void;
}

export interface Otlp {
  readonly metricReader: MetricReader;
  span(entry: EntryDraft | Entry, traceparent: string | undefined): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

const EXPORT_MS_MAX = 5_000;
const SPANS_WAITING_MAX = 4_096;
const SPANS_SENT_MAX = 512;

export function openOtlp(options: OtlpOptions): Otlp {
  const { intervalMs, onFailure } = options;
  const exportTimeoutMillis = Math.min(EXPORT_MS_MAX, intervalMs);
  const exporting = (path: string): Destination => ({
    url: `${options.endpoint}/v1/${path}`,
    headers: { ...options.headers },
    timeoutMillis: exportTimeoutMillis,
  });
  const metricReader = new PeriodicExportingMetricReader({
    exporter: telling(new OTLPMetricExporter(exporting('metrics')), 'metrics', onFailure),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis,
  });
  const spanProcessor = new BatchSpanProcessor({
    exporter: telling(new OTLPTraceExporter(exporting('traces')), 'spans', onFailure),
    scheduledDelayMillis: Math.min(5_000, intervalMs),
    exportTimeoutMillis,
    maxQueueSize: SPANS_WAITING_MAX,
    maxExportBatchSize: SPANS_SENT_MAX,
  });
  const provider = new TracerProvider({
    resource: resourceOf({ version: options.version, collected: true }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.sampleRatio) }),
    spanProcessors: [spanProcessor],
  });
  const tracer = provider.getTracer('tollkeeper', options.version);
  const server = new URL(options.upstreamUrl);
  return {
    metricReader,
    span(entry, traceparent) {
      const span = tracer.startSpan(
        `${operationOf(entry)} ${entry.model_id}`,
        { kind: SpanKind.CLIENT, startTime: entry.started_at },
        contextOf(traceparent),
      );
      if (span.isRecording()) {
        span.setAttributes(spanAttributes(entry, server));
        if (entry.outcome !== 'ok') span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end(entry.ended_at);
    },
    async close() {
      await Promise.allSettled([provider.shutdown(), metricReader.shutdown()]);
    },
  };
}

interface Destination {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly timeoutMillis: number;
}

interface Exporting<Data> {
  export(data: Data, done: (result: { code: number; error?: Error }) => void): void;
}

/** The exporter, whose failures are told besides. */
function telling<Data, E extends Exporting<Data>>(
  exporter: E,
  what: string,
  onFailure: OtlpOptions['onFailure'],
): E {
  const send = exporter.export.bind(exporter);
  exporter.export = (data, done) => {
    send(data, (result) => {
      if (result.code !== 0) onFailure(what, result.error);
      done(result);
    });
  };
  return exporter;
}
