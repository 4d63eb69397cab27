/**
 * The syntax of `x-simulator-fault`: `name;key=value;key=value, name;...`. Each item changes one
 * thing about a call: it fails it, breaks it, slows it, or overrides a setting of the run. The
 * README lists them all.
 */
import { CACHE_MODES, type CacheMode } from '../generate/prompt-cache.ts';
import { TOKEN_MODES, type TokenMode } from '../generate/tokenizer.ts';
import { type FailureName, invalid, nameOfStatus, STATUS_OF } from '../wire/failure.ts';

/**
 * Where and how an answer breaks. `after` counts whole frames of a stream; a whole answer breaks
 * midway.
 */
export type Break =
  | { readonly kind: 'exception'; readonly name: string; readonly after: number }
  | { readonly kind: 'truncate'; readonly after: number; readonly inside: boolean }
  | { readonly kind: 'bad-crc'; readonly after: number }
  | { readonly kind: 'reset'; readonly after: number }
  | { readonly kind: 'hang'; readonly after: number };

/** What a script says about a call; what it does not mention is left to the run's settings. */
export interface Script {
  /**
   * The name of the first item that makes the call go wrong; null when it only goes differently.
   */
  readonly fault: string | null;
  /** Answered in place of a generation. */
  readonly failure?: FailureName;
  /** Before any byte of an answer: never answer, or reset the connection. */
  readonly silence?: 'hang' | 'reset';
  readonly breaks?: Break;
  readonly slowMs?: number;
  readonly paceMs?: number;
  readonly tokens?: TokenMode;
  readonly outputTokens?: number;
  readonly frames?: number;
  readonly cache?: CacheMode;
  readonly usageTimes?: number;
  /** Prompt tokens that implicit caching reads. */
  readonly implicitTokens?: number;
  /** Where the usage is missing. */
  readonly usageMissing?: UsageMissing;
  readonly servedTier?: string;
  readonly servedLatency?: string;
  /** The side that a guardrail blocks, whatever is said. */
  readonly guardrailBlocks?: (typeof SIDES)[number];
  /** Which of its models a prompt router chooses, from 0. */
  readonly routerPick?: number;
}

/** AWS's own counts, those of the model's own body, or both. */
export type UsageMissing = (typeof USAGE_PLACES)[number];

const USAGE_PLACES = ['everywhere', 'headers', 'body'] as const;
const SIDES = ['input', 'output'] as const;

type Parameters = ReadonlyMap<string, string>;
type Effect = Partial<Omit<Script, 'fault'>>;

interface Item {
  /** Whether the call goes wrong, so that the book names it. */
  readonly wrong: boolean;
  readonly keys: readonly string[];
  readonly effect: (parameters: Parameters) => Effect;
}

const ITEMS: Readonly<Record<string, Item>> = {
  throttle: wrong([], () => ({ failure: 'ThrottlingException' })),
  error: wrong(['status', 'name'], (parameters) => ({ failure: failureOf(parameters) })),
  hang: wrong(['after'], (parameters) =>
    parameters.has('after')
      ? { breaks: { kind: 'hang', after: count(parameters, 'after', AFTER_UNSET) } }
      : { silence: 'hang' },
  ),
  reset: wrong(['after'], (parameters) =>
    parameters.has('after')
      ? { breaks: { kind: 'reset', after: count(parameters, 'after', AFTER_UNSET) } }
      : { silence: 'reset' },
  ),
  exception: wrong(['name', 'after'], (parameters) => ({
    breaks: {
      kind: 'exception',
      name: parameters.get('name') ?? 'modelStreamErrorException',
      after: count(parameters, 'after', AFTER_UNSET),
    },
  })),
  truncate: wrong(['after', 'inside'], (parameters) => ({
    breaks: {
      kind: 'truncate',
      after: count(parameters, 'after', AFTER_UNSET),
      inside: parameters.has('inside'),
    },
  })),
  'bad-crc': wrong(['after'], (parameters) => ({
    breaks: { kind: 'bad-crc', after: count(parameters, 'after', AFTER_UNSET) },
  })),
  'no-usage': wrong(['where'], (parameters) => ({
    usageMissing: parameters.has('where') ? oneOf(parameters, 'where', USAGE_PLACES) : 'everywhere',
  })),
  usage: wrong(['times'], (parameters) => ({ usageTimes: count(parameters, 'times', 10) })),
  slow: other(['ms'], (parameters) => ({ slowMs: count(parameters, 'ms', 200) })),
  pace: other(['ms'], (parameters) => ({ paceMs: count(parameters, 'ms', 20) })),
  frames: other(['count'], (parameters) => ({ frames: count(parameters, 'count', 50) })),
  tokens: other(['mode', 'output'], tokensOf),
  cache: other(['mode', 'tokens'], cacheOf),
  tier: other(['served'], (parameters) => ({ servedTier: required(parameters, 'served') })),
  guardrail: other(['blocks'], (parameters) => ({
    guardrailBlocks: oneOf(parameters, 'blocks', SIDES),
  })),
  router: other(['model'], (parameters) => ({ routerPick: count(parameters, 'model', 0) })),
  latency: other(['served'], (parameters) => ({ servedLatency: required(parameters, 'served') })),
};

function wrong(keys: readonly string[], effect: Item['effect']): Item {
  return { wrong: true, keys, effect };
}

function other(keys: readonly string[], effect: Item['effect']): Item {
  return { wrong: false, keys, effect };
}

/** Frames before a break that does not say: the first has no output yet, the third does. */
const AFTER_UNSET = 3;

/** The script that says nothing. */
export const EMPTY_SCRIPT: Script = { fault: null };

const PARSED_MAX = 1000;
const parsed = new Map<string, Script>();

/** Reads a script. Throws a `ValidationException` that names what it does not understand. */
export function parseScript(source: string): Script {
  if (source === '') return EMPTY_SCRIPT;
  const before = parsed.get(source);
  if (before !== undefined) return before;
  let script = EMPTY_SCRIPT;
  for (const part of source.split(',')) script = withItem(script, part);
  if (parsed.size >= PARSED_MAX) parsed.clear();
  parsed.set(source, script);
  return script;
}

/** One script on top of another: what the second says counts. */
export function overlay(below: Script, above: Script): Script {
  if (above === EMPTY_SCRIPT) return below;
  if (below === EMPTY_SCRIPT) return above;
  return { ...below, ...above, fault: above.fault ?? below.fault };
}

function withItem(script: Script, part: string): Script {
  const [name = '', ...pairs] = part.split(';').map((piece) => piece.trim());
  if (name === '' && pairs.length === 0) return script;
  const item = Object.hasOwn(ITEMS, name) ? ITEMS[name] : undefined;
  if (item === undefined) throw invalid(`x-simulator-fault: there is no fault '${name}'.`);
  const parameters = new Map<string, string>();
  for (const pair of pairs) {
    const [key = '', value = 'true'] = pair.split('=', 2).map((piece) => piece.trim());
    if (!item.keys.includes(key)) {
      throw invalid(`x-simulator-fault: '${name}' has no parameter '${key}'.`);
    }
    parameters.set(key, value);
  }
  const fault = script.fault ?? (item.wrong ? name : null);
  return { ...script, ...item.effect(parameters), fault };
}

function count(parameters: Parameters, key: string, unset: number): number {
  const stated = parameters.get(key);
  if (stated === undefined) return unset;
  if (!/^\d{1,9}$/.test(stated)) {
    throw invalid(`x-simulator-fault: '${key}' is a whole number, not '${stated}'.`);
  }
  return Number(stated);
}

function required(parameters: Parameters, key: string): string {
  const stated = parameters.get(key);
  if (stated === undefined) throw invalid(`x-simulator-fault: '${key}' is missing.`);
  return stated;
}

function oneOf<T extends string>(parameters: Parameters, key: string, all: readonly T[]): T {
  const stated = required(parameters, key);
  const found = all.find((candidate) => candidate === stated);
  if (found === undefined) {
    throw invalid(`x-simulator-fault: '${key}' is one of ${all.join(', ')}, not '${stated}'.`);
  }
  return found;
}

function tokensOf(parameters: Parameters): Effect {
  return {
    ...(parameters.has('mode') ? { tokens: oneOf(parameters, 'mode', TOKEN_MODES) } : {}),
    ...(parameters.has('output') ? { outputTokens: count(parameters, 'output', 1) } : {}),
  };
}

function cacheOf(parameters: Parameters): Effect {
  return {
    cache: oneOf(parameters, 'mode', CACHE_MODES),
    ...(parameters.has('tokens') ? { implicitTokens: count(parameters, 'tokens', 0) } : {}),
  };
}

function failureOf(parameters: Parameters): FailureName {
  const name = parameters.get('name');
  if (name !== undefined) {
    if (Object.hasOwn(STATUS_OF, name)) return name as FailureName;
    throw invalid(`x-simulator-fault: there is no exception '${name}'.`);
  }
  const found = nameOfStatus(count(parameters, 'status', 500));
  if (found !== null) return found;
  throw invalid(`x-simulator-fault: no exception has status ${parameters.get('status')}.`);
}
