/**
 * Reads the usage blocks of each dialect into counts. Converse, Nova and Anthropic count
 * disjointly: their input count leaves out what was read from or written to the prompt cache. Where
 * a dialect repeats a count under another name the two are never added.
 */
import { addUnits, isObject, readCount, setCount, snakeCase, warn } from './usage-counts.ts';
import type { Counts } from './usage-counts.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** The `usage` of Converse and of Nova's own replies, which name the cache counts differently. */
export function readConverseUsage(usage: JsonObject, counts: Counts): void {
  setCount(counts, 'input', 'usage.inputTokens', usage['inputTokens']);
  setCount(counts, 'output', 'usage.outputTokens', usage['outputTokens']);
  const read = either(counts, usage, 'cacheReadInputTokens', 'cacheReadInputTokenCount');
  const write = either(counts, usage, 'cacheWriteInputTokens', 'cacheWriteInputTokenCount');
  if (read !== undefined) counts.cacheRead = read;
  if (write !== undefined) counts.cacheWrite = write;
  readCacheDetails(usage['cacheDetails'], counts);
  readServerTools(usage['serverToolUsage'], counts);
  const total = readCount(counts, 'usage.totalTokens', usage['totalTokens']);
  if (total === undefined) return;
  const sum = (counts.input ?? 0) + (counts.output ?? 0) + (read ?? 0) + (counts.cacheWrite ?? 0);
  if (total !== sum) warn(counts, `usage.totalTokens is ${total}, the counts add up to ${sum}`);
}

/**
 * Anthropic's `usage`. A later block of one stream replaces earlier values: its counts are
 * cumulative.
 */
export function readAnthropicUsage(usage: JsonObject, counts: Counts): void {
  setCount(counts, 'input', 'usage.input_tokens', usage['input_tokens']);
  setCount(counts, 'output', 'usage.output_tokens', usage['output_tokens']);
  setCount(counts, 'cacheRead', 'cache_read_input_tokens', usage['cache_read_input_tokens']);
  const written = usage['cache_creation_input_tokens'];
  setCount(counts, 'cacheWrite', 'cache_creation_input_tokens', written);
  const split = usage['cache_creation'];
  if (isObject(split)) {
    setCount(counts, 'write5m', 'ephemeral_5m_input_tokens', split['ephemeral_5m_input_tokens']);
    setCount(counts, 'write1h', 'ephemeral_1h_input_tokens', split['ephemeral_1h_input_tokens']);
    raiseWrites(counts);
  }
  delete counts.units;
  readServerTools(usage['server_tool_use'], counts);
}

/** Titan's counts at the top of a text or embedding reply. Embeddings have no output tokens. */
export function readTitanReply(reply: JsonObject, embedding: boolean, counts: Counts): void {
  setCount(counts, 'input', 'inputTextTokenCount', reply['inputTextTokenCount']);
  if (embedding) {
    if (counts.input !== undefined) counts.output = 0;
    return;
  }
  const results = reply['results'];
  if (!Array.isArray(results) || results.length === 0) return;
  let sum = 0;
  for (const result of results as readonly unknown[]) {
    const stated = isObject(result) ? result['tokenCount'] : undefined;
    const count = readCount(counts, 'results[].tokenCount', stated);
    if (count === undefined) return;
    sum += count;
  }
  setCount(counts, 'output', 'results[].tokenCount', sum);
}

/**
 * `amazon-bedrock-invocationMetrics` of the last chunk of an InvokeModel stream: no time-to-live
 * split.
 */
export function readInvocationMetrics(metrics: JsonObject, counts: Counts): void {
  setCount(counts, 'input', 'inputTokenCount', metrics['inputTokenCount']);
  setCount(counts, 'output', 'outputTokenCount', metrics['outputTokenCount']);
  setCount(counts, 'cacheRead', 'cacheReadInputTokenCount', metrics['cacheReadInputTokenCount']);
  setCount(counts, 'cacheWrite', 'cacheWriteInputTokenCount', metrics['cacheWriteInputTokenCount']);
}

/** The token-count headers of InvokeModel replies, looked up by lower-case name. */
export function readCountHeaders(
  headers: (name: string) => string | undefined,
  counts: Counts,
): void {
  for (const [name, header] of COUNT_HEADERS) {
    const value = headers(header);
    if (value === undefined) continue;
    setCount(counts, name, header, /^[0-9]{1,15}$/.test(value) ? Number(value) : Number.NaN);
  }
}

const COUNT_HEADERS = [
  ['input', 'x-amzn-bedrock-input-token-count'],
  ['output', 'x-amzn-bedrock-output-token-count'],
  ['cacheRead', 'x-amzn-bedrock-cache-read-input-token-count'],
  ['cacheWrite', 'x-amzn-bedrock-cache-write-input-token-count'],
] as const;

/** Guardrail units, which a trace shows per assessment; each policy has a price of its own. */
export function readGuardrailUnits(trace: unknown, counts: Counts): void {
  const guardrail = isObject(trace) ? trace['guardrail'] : undefined;
  if (!isObject(guardrail)) return;
  const assessments: unknown[] = [];
  for (const side of ['inputAssessment', 'outputAssessments']) {
    const byId = guardrail[side];
    if (!isObject(byId)) continue;
    for (const stated of Object.values(byId)) {
      if (Array.isArray(stated)) assessments.push(...(stated as readonly unknown[]));
      else assessments.push(stated);
    }
  }
  for (const assessment of assessments) {
    const metrics = isObject(assessment) ? assessment['invocationMetrics'] : undefined;
    const usage = isObject(metrics) ? metrics['usage'] : undefined;
    if (!isObject(usage)) continue;
    for (const [name, value] of Object.entries(usage)) {
      addUnits(counts, `guardrail_${snakeCase(name)}`, value);
    }
  }
}

/** One count under two spellings: the larger one when they differ, so that nothing is lost. */
function either(
  counts: Counts,
  usage: JsonObject,
  name: string,
  otherName: string,
): number | undefined {
  const one = readCount(counts, `usage.${name}`, usage[name]);
  const other = readCount(counts, `usage.${otherName}`, usage[otherName]);
  if (one === undefined || other === undefined) return one ?? other;
  if (one !== other) warn(counts, `usage.${name} is ${one}, usage.${otherName} is ${other}`);
  return Math.max(one, other);
}

/** `cacheDetails` splits the writes, and only them, by time to live. */
function readCacheDetails(details: unknown, counts: Counts): void {
  if (!Array.isArray(details)) return;
  for (const detail of details as readonly unknown[]) {
    if (!isObject(detail)) continue;
    const tokens = readCount(counts, 'usage.cacheDetails[].inputTokens', detail['inputTokens']);
    if (tokens === undefined || tokens === 0) continue;
    const ttl = detail['ttl'];
    if (ttl === '5m') counts.write5m = (counts.write5m ?? 0) + tokens;
    else if (ttl === '30m') counts.write30m = (counts.write30m ?? 0) + tokens;
    else {
      counts.write1h = (counts.write1h ?? 0) + tokens;
      if (ttl !== '1h')
        warn(counts, 'usage.cacheDetails has an unknown time to live: counted as 1h');
    }
  }
  raiseWrites(counts);
}

/** The written total is at least the sum of its parts. */
function raiseWrites(counts: Counts): void {
  const parts = (counts.write5m ?? 0) + (counts.write1h ?? 0) + (counts.write30m ?? 0);
  const stated = counts.cacheWrite;
  if (stated !== undefined && parts > stated) {
    warn(counts, `cache writes by time to live add up to ${parts}, the total says ${stated}`);
  }
  if (parts > (stated ?? 0)) counts.cacheWrite = parts;
}

/** Requests of server-side tools are billed apart from tokens; each kind is a named unit. */
function readServerTools(usage: unknown, counts: Counts): void {
  if (!isObject(usage)) return;
  for (const [name, value] of Object.entries(usage)) {
    if (typeof value === 'number') addUnits(counts, snakeCase(name), value);
  }
}
