/**
 * Calls in the words of OpenTelemetry's conventions for generative AI: attributes of spans and of
 * metrics. Prompts and completions are never in them, and no tenant, key or user is an attribute of
 * a metric.
 */
import type { Attributes, Meter } from '@opentelemetry/api';
import { formatUsd, type Entry, type EntryDraft } from '@tollkeeper/core';

type Attempt = EntryDraft | Entry;

const PROVIDER = 'aws.bedrock';

/** Upper ends of the buckets that the conventions advise. */
const TOKENS = Array.from({ length: 14 }, (_, power) => 4 ** power);
const SECONDS = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);
const FIRST_TOKEN_SECONDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

const OPERATIONS: Readonly<Record<string, string>> = {
  Converse: 'chat',
  ConverseStream: 'chat',
  CountTokens: 'count_tokens',
  ApplyGuardrail: 'apply_guardrail',
  InvokeGuardrailChecks: 'apply_guardrail',
};

/** What was done, as the conventions name it. Bodies of InvokeModel tell it by their model. */
export function operationOf({ operation, model_id }: Attempt): string {
  const named = OPERATIONS[operation];
  if (named !== undefined) return named;
  return /embed/.test(model_id) ? 'embeddings' : 'text_completion';
}

/** Tokens of the input as the conventions count them: those of the cache are among them. */
export function inputTokensOf(usage: NonNullable<Attempt['usage']>): number {
  return usage.input_tokens + usage.cache_read_input_tokens + cacheWritesOf(usage);
}

function cacheWritesOf(usage: NonNullable<Attempt['usage']>): number {
  return (
    usage.cache_write_5m_input_tokens +
    usage.cache_write_1h_input_tokens +
    usage.cache_write_30m_input_tokens
  );
}

function named(entry: Attempt): Attributes {
  return {
    'gen_ai.operation.name': operationOf(entry),
    'gen_ai.provider.name': PROVIDER,
    'gen_ai.request.model': entry.model_id,
  };
}

/** Records each call; the instruments are those of the conventions. */
export function genAiMetrics(meter: Meter): (entry: Attempt) => void {
  const tokens = histogram(meter, 'gen_ai.client.token.usage', '{token}', TOKENS);
  const duration = histogram(meter, 'gen_ai.client.operation.duration', 's', SECONDS);
  const firstToken = histogram(
    meter,
    'gen_ai.server.time_to_first_token',
    's',
    FIRST_TOKEN_SECONDS,
  );
  return (entry) => {
    const attributes = named(entry);
    const failed = entry.outcome === 'ok' ? {} : { 'error.type': entry.outcome };
    duration.record(entry.latency_ms / 1_000, { ...attributes, ...failed });
    if (entry.time_to_first_token_ms !== null) {
      firstToken.record(entry.time_to_first_token_ms / 1_000, attributes);
    }
    if (entry.usage === null) return;
    const [input, output] = [inputTokensOf(entry.usage), entry.usage.output_tokens];
    if (input > 0) tokens.record(input, { ...attributes, 'gen_ai.token.type': 'input' });
    if (output > 0) tokens.record(output, { ...attributes, 'gen_ai.token.type': 'output' });
  };
}

function histogram(
  meter: Meter,
  name: string,
  unit: string,
  explicitBucketBoundaries: number[],
): ReturnType<Meter['createHistogram']> {
  return meter.createHistogram(name, { unit, advice: { explicitBucketBoundaries } });
}

/** What a span says of a call. */
export function spanAttributes(entry: Attempt, server: URL): Attributes {
  const { usage, time_to_first_token_ms: firstToken } = entry;
  return {
    ...named(entry),
    'gen_ai.request.stream': entry.streamed,
    'server.address': server.hostname,
    'server.port': Number(server.port) || (server.protocol === 'https:' ? 443 : 80),
    'aws.region': entry.region,
    ...(entry.upstream_request_id === null ? {} : { 'aws.request_id': entry.upstream_request_id }),
    ...(usage === null
      ? {}
      : {
          'gen_ai.usage.input_tokens': inputTokensOf(usage),
          'gen_ai.usage.output_tokens': usage.output_tokens,
          'gen_ai.usage.cache_read.input_tokens': usage.cache_read_input_tokens,
          'gen_ai.usage.cache_creation.input_tokens': cacheWritesOf(usage),
        }),
    ...(firstToken === null ? {} : { 'gen_ai.response.time_to_first_chunk': firstToken / 1_000 }),
    ...(entry.outcome === 'ok' ? {} : { 'error.type': entry.outcome }),
    'tollkeeper.org_id': entry.org_id,
    'tollkeeper.app_id': entry.app_id,
    'tollkeeper.attempt_id': entry.attempt_id,
    'tollkeeper.request_id': entry.request_id,
    'tollkeeper.usage_source': entry.usage_source,
    'tollkeeper.cost_usd': formatUsd(entry.cost),
  };
}
