/**
 * Reads usage, served tier and invoked model of a non-streamed reply. The body is asked first; the
 * token headers of InvokeModel fill what the body leaves open. What neither states is unknown,
 * never zero.
 */
import type { BodyFamily } from '@tollkeeper/core';
import type { Dialect } from './dialect/dialect.ts';
import { DIALECTS } from './dialect/table.ts';
import type { HeaderLookup, OperationPath, ReplyReading, UnitsAsked } from './reading.ts';
import { bookTier } from './tier.ts';
import { invokedModel, noteTrace } from './trace.ts';
import { readConverseUsage, readCountHeaders } from './usage-blocks.ts';
import {
  fillMissing,
  hasUndatedWrites,
  isObject,
  memberText,
  parseObject,
  readingOf,
} from './usage-counts.ts';
import type { Counts } from './usage-counts.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a complete reply of status 200 of a model operation. `headers` looks up by lower-case name.
 * `family` and `asked` (what the reading of the request says of units) matter only for InvokeModel.
 * Never throws; a body that is not JSON is one that states nothing.
 */
export function readReply(
  operation: OperationPath,
  family: BodyFamily,
  headers: HeaderLookup,
  body: Uint8Array,
  asked?: UnitsAsked,
): ReplyReading {
  const reply = parseObject(body);
  // Models of this shape write to their cache for half an hour, whoever tells it.
  const counts: Counts = family === 'openai_chat' ? { unsplit: '30m' } : {};
  if (operation !== 'converse' && operation !== 'converse-stream') {
    return invokeReading(DIALECTS[family], reply, counts, headers, asked);
  }
  if (reply === null) return readingFrom(counts, headers, undefined, undefined, null);
  if (isObject(reply['usage'])) readConverseUsage(reply['usage'], counts);
  const trace = reply['trace'];
  noteTrace(trace, counts);
  if (reply['stopReason'] === 'guardrail_intervened') counts.guardrail ??= 'seen';
  const tier = memberText(reply, 'serviceTier', 'type') ?? undefined;
  const latency = memberText(reply, 'performanceConfig', 'latency') ?? undefined;
  return readingFrom(counts, headers, tier, latency, invokedModel(trace));
}

function invokeReading(
  dialect: Dialect,
  reply: JsonObject | null,
  counts: Counts,
  headers: HeaderLookup,
  asked: UnitsAsked | undefined,
): ReplyReading {
  let model: string | null = null;
  if (reply !== null) {
    model = invokedModel(reply['trace']) ?? invokedModel(reply['amazon-bedrock-trace']);
    // The headers of a body of no known shape are surer than anything in it.
    if (dialect !== DIALECTS.unknown) dialect.readReply(reply, counts, asked);
  }
  if (dialect.tokens !== 'none' && counts.wrong === undefined) {
    fillFromHeaders(dialect, headers, counts);
    if (reply !== null && dialect === DIALECTS.unknown && !isWhole(counts)) {
      dialect.readReply(reply, counts, asked);
    }
    if (dialect.tokens === 'input' && counts.input !== undefined) counts.output ??= 0;
  }
  if (reply !== null) readGuardrail(reply, counts);
  return readingFrom(counts, headers, undefined, undefined, model);
}

function fillFromHeaders(dialect: Dialect, headers: HeaderLookup, counts: Counts): void {
  if (dialect.tokens === 'input' ? counts.input !== undefined : isWhole(counts)) return;
  const stated: Counts = {};
  readCountHeaders(headers, stated);
  fillMissing(counts, stated);
}

/**
 * A trace, or at least what the guardrail did. A prompt that it stopped never reached the model:
 * the trace shows an assessment of the prompt and none of an answer then, and no tokens are billed.
 */
function readGuardrail(reply: JsonObject, counts: Counts): void {
  const shown = noteTrace(reply['amazon-bedrock-trace'], counts);
  if (reply['amazon-bedrock-guardrailAction'] !== 'INTERVENED') return;
  counts.guardrail ??= 'seen';
  if (shown === null || !shown.input || shown.output) return;
  if (counts.input !== undefined || counts.output !== undefined) return;
  counts.input = 0;
  counts.output = 0;
}

function isWhole(counts: Counts): boolean {
  return counts.input !== undefined && counts.output !== undefined;
}

function readingFrom(
  counts: Counts,
  headers: HeaderLookup,
  tier: string | undefined,
  latency: string | undefined,
  model: string | null,
): ReplyReading {
  const { warnings, guardrail } = counts;
  return {
    usage: readingOf(counts),
    served_tier: bookTier(
      tier ?? headers('x-amzn-bedrock-service-tier') ?? counts.tier,
      latency ?? headers('x-amzn-bedrock-performanceconfig-latency'),
    ),
    invoked_model_id: model,
    ...(guardrail === undefined ? {} : { guardrail_units: guardrail }),
    ...(hasUndatedWrites(counts) ? { undated_writes: true } : {}),
    ...(warnings === undefined ? {} : { warnings }),
  };
}
