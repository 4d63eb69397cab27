/**
 * Reads usage, served tier and invoked model of a non-streamed reply. The body is asked first; the
 * token headers of InvokeModel are the fallback for bodies that state nothing. What neither states
 * is unknown, never zero.
 */
import type { BodyFamily } from '@tollkeeper/core';
import type { OperationPath, ReplyReading } from './reading.ts';
import { bookTier } from './tier.ts';
import {
  readAnthropicUsage,
  readConverseUsage,
  readCountHeaders,
  readGuardrailUnits,
  readTitanReply,
} from './usage-blocks.ts';
import { isEmpty, isObject, parseObject, readingOf } from './usage-counts.ts';
import type { Counts } from './usage-counts.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a complete reply of status 200. `headers` looks up by lower-case name. `family` matters
 * only for InvokeModel. Never throws; a body that is not JSON is one that states nothing.
 */
export function readReply(
  operation: OperationPath,
  family: BodyFamily,
  headers: (name: string) => string | undefined,
  body: Uint8Array,
): ReplyReading {
  const converse = operation === 'converse' || operation === 'converse-stream';
  const reply = parseObject(body);
  const counts: Counts = {};
  if (reply !== null) {
    if (converse) readConverseReply(reply, counts);
    else readInvokeReply(reply, family, counts);
  }
  if (!converse && counts.wrong === undefined && !isWhole(counts)) {
    const stated: Counts = {};
    readCountHeaders(headers, stated);
    if (!isEmpty(stated) || stated.wrong !== undefined) fillMissing(counts, stated);
    if (family === 'titan_embed' && counts.input !== undefined) counts.output ??= 0;
  }
  const latency =
    converse && reply !== null ? memberText(reply, 'performanceConfig', 'latency') : null;
  const tier = converse && reply !== null ? memberText(reply, 'serviceTier', 'type') : null;
  return {
    usage: readingOf(counts),
    served_tier: bookTier(
      tier ?? headers('x-amzn-bedrock-service-tier'),
      latency ?? headers('x-amzn-bedrock-performanceconfig-latency'),
    ),
    invoked_model_id: reply === null ? null : invokedModel(reply['trace']),
    ...(counts.warnings === undefined ? {} : { warnings: counts.warnings }),
  };
}

/** The model that a prompt router chose, from a `trace`. */
export function invokedModel(trace: unknown): string | null {
  return isObject(trace) ? memberText(trace, 'promptRouter', 'invokedModelId') : null;
}

/** The string at `object[outer][inner]`, or null. */
export function memberText(object: JsonObject, outer: string, inner: string): string | null {
  const member = object[outer];
  if (!isObject(member)) return null;
  const text = member[inner];
  return typeof text === 'string' && text !== '' ? text : null;
}

function readConverseReply(reply: JsonObject, counts: Counts): void {
  if (isObject(reply['usage'])) readConverseUsage(reply['usage'], counts);
  readGuardrailUnits(reply['trace'], counts);
}

function readInvokeReply(reply: JsonObject, family: BodyFamily, counts: Counts): void {
  const usage = reply['usage'];
  switch (family) {
    case 'anthropic':
      if (isObject(usage)) readAnthropicUsage(usage, counts);
      return;
    case 'nova':
      if (isObject(usage)) readConverseUsage(usage, counts);
      return;
    case 'titan_text':
    case 'titan_embed':
      readTitanReply(reply, family === 'titan_embed', counts);
      return;
    default:
      return;
  }
}

function isWhole(counts: Counts): boolean {
  return counts.input !== undefined && counts.output !== undefined;
}

/** Headers fill what the body leaves open; they never replace what it states. */
function fillMissing(counts: Counts, stated: Counts): void {
  for (const name of ['input', 'output', 'cacheRead', 'cacheWrite'] as const) {
    const value = stated[name];
    if (counts[name] === undefined && value !== undefined) counts[name] = value;
  }
  if (stated.wrong !== undefined) counts.wrong = stated.wrong;
}
