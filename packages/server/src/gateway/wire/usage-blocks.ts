/**
 * Reads the usage blocks of each dialect into counts. Converse, Nova and Anthropic count
 * disjointly: their input count leaves out what was read from or written to the prompt cache.
 * OpenAI's counts include it and are made disjoint here. Where a dialect repeats a count under
 * another name the two are never added.
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
  const cached = (counts.cacheRead ?? 0) + (counts.cacheWrite ?? 0);
  const sum = (counts.input ?? 0) + (counts.output ?? 0) + cached;
  if (total === sum) return;
  warn(counts, `usage.totalTokens is ${total}, the counts add up to ${sum}`);
  if (total === sum - cached) takeOutCached(counts);
}

/**
 * Makes an input count that turned out to include the cached tokens disjoint from them, once. One
 * that is smaller than they are cannot include them, and stays.
 */
export function takeOutCached(counts: Counts): void {
  const cached = (counts.cacheRead ?? 0) + (counts.cacheWrite ?? 0);
  if (counts.prompt !== undefined || cached === 0) return;
  if (counts.input === undefined || counts.input < cached) return;
  counts.prompt = counts.input;
  counts.input -= cached;
  warn(counts, `the input count included ${cached} cached tokens`);
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

/**
 * The `usage` of chat completions, whose prompt count includes what was read from and written to
 * the cache. A later block replaces what it states; cached tokens that it leaves out stay known.
 */
export function readOpenAiUsage(usage: JsonObject, counts: Counts): void {
  const prompt = readCount(counts, 'usage.prompt_tokens', usage['prompt_tokens']);
  setCount(counts, 'output', 'usage.completion_tokens', usage['completion_tokens']);
  readInclusive(usage, usage['prompt_tokens_details'], prompt, counts);
}

/**
 * A `usage` of a body of no known shape. Only one way of naming may be there, and names that mean
 * different things in different dialects count only together with one that settles it.
 */
export function readKnownUsage(usage: JsonObject, counts: Counts): void {
  const converse = 'inputTokens' in usage;
  const chat = 'prompt_tokens' in usage;
  const plain = 'input_tokens' in usage;
  if (Number(converse) + Number(chat) + Number(plain) !== 1) return;
  if (converse) readConverseUsage(usage, counts);
  else if (chat) readOpenAiUsage(usage, counts);
  else if ('input_tokens_details' in usage) {
    const input = readCount(counts, 'usage.input_tokens', usage['input_tokens']);
    setCount(counts, 'output', 'usage.output_tokens', usage['output_tokens']);
    readInclusive(usage, usage['input_tokens_details'], input, counts);
  } else {
    readAnthropicUsage(usage, counts);
  }
}

/** Names under which OpenAI-shaped usage states cached tokens; where two stand, they repeat. */
const READ_NAMES = ['cached_tokens', 'prompt_cache_hit_tokens'];
const WRITE_NAMES = ['cache_write_tokens', 'cache_creation_tokens'];

/** Splits an inclusive count of the prompt. Written tokens live thirty minutes in this dialect. */
function readInclusive(
  usage: JsonObject,
  details: unknown,
  prompt: number | undefined,
  counts: Counts,
): void {
  const places = isObject(details) ? [details, usage] : [usage];
  const read = largestOf(counts, places, READ_NAMES);
  const written = largestOf(counts, places, WRITE_NAMES);
  if (read !== undefined) counts.cacheRead = read;
  if (written !== undefined) counts.cacheWrite = written;
  counts.unsplit = '30m';
  if (prompt === undefined) return;
  const cached = (counts.cacheRead ?? 0) + (counts.cacheWrite ?? 0);
  const total = readCount(counts, 'usage.total_tokens', usage['total_tokens']);
  const sum = prompt + (counts.output ?? 0);
  if (total !== undefined && total !== sum) {
    warn(counts, `usage.total_tokens is ${total}, the counts add up to ${sum}`);
  }
  counts.input = prompt;
  // The total says that cached tokens come on top of the prompt after all.
  if (cached > 0 && total === sum + cached) return;
  counts.prompt = prompt;
  if (cached > prompt) {
    counts.wrong ??= `usage counts ${cached} cached tokens in a prompt of ${prompt}`;
  } else {
    counts.input = prompt - cached;
  }
}

function largestOf(
  counts: Counts,
  places: readonly JsonObject[],
  names: readonly string[],
): number | undefined {
  let largest: number | undefined;
  for (const place of places) {
    for (const name of names) {
      const count = readCount(counts, `usage.${name}`, place[name]);
      if (count === undefined) continue;
      if (largest !== undefined && count !== largest) {
        warn(counts, `usage states cached tokens as ${largest} and as ${count}`);
      }
      largest = Math.max(largest ?? 0, count);
    }
  }
  return largest;
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
    if (typeof value === 'number') addUnits(counts, snakeCase(name).replace(/s$/, ''), value);
  }
}
