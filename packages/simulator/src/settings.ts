/**
 * The settings of a run: how answers are made, how fast they come, and which faults are mixed in.
 * They are given at the start, by flags or options, and may be changed while it runs (`POST
 * /_simulator/config`).
 */
import { CACHE_MODES, type CacheMode } from './generate/prompt-cache.ts';
import { TOKEN_MODES, type TokenMode } from './generate/tokenizer.ts';
import { parseScript } from './fault/script.ts';
import { asList, type JsonObject, stringsOf } from './model/json.ts';
import { invalid } from './wire/failure.ts';

/** The settings by their names in JSON; flags are the same names with dashes. */
export interface RunSettings {
  /** How tokens are counted. */
  readonly tokens: TokenMode;
  /** Output tokens of every answer, within its limit; null: by the request. */
  readonly output_tokens: number | null;
  /** Output limit of requests without one, within the model's own. */
  readonly default_max_tokens: number;
  /** Size of a stream's content frames. */
  readonly tokens_per_frame: number;
  /** Number of a stream's content frames; null: by `tokens_per_frame`. */
  readonly frames: number | null;
  /** Milliseconds before an answer begins. */
  readonly slow_ms: number;
  /** Milliseconds between the content frames of a stream. */
  readonly pace_ms: number;
  /** How prompt-cache hits are decided. */
  readonly cache: CacheMode;
  /** The shortest prefix, in tokens, that the prompt cache keeps. */
  readonly cache_tokens_min: number;
  /**
   * Faults of every call, in the syntax of `x-simulator-fault`; a call's own header overrides it.
   */
  readonly fault: string;
  /** The same for calls of the control plane, which `fault` leaves alone. */
  readonly lookup_fault: string;
  /** Milliseconds that a provisioned model is `Creating` or `Updating`. */
  readonly provision_ms: number;
  /** Whether what is provisioned ends as `Failed`. */
  readonly provision_fails: boolean;
  /** How far the account's clock is ahead of the real one: for commitments that end. */
  readonly clock_ahead_ms: number;
  /** Model units of an account and region at most; null: any. */
  readonly model_units_quota: number | null;
  /** Operations of the control plane that the caller's policy does not allow. */
  readonly denied_operations: readonly string[];
  /** Share of the calls, 0 to 1, that get a fault of `fault_mix`. */
  readonly fault_rate: number;
  /** What a random fault is drawn from, each in the syntax of `x-simulator-fault`. */
  readonly fault_mix: readonly string[];
  /** Starts the draws of random faults. */
  readonly seed: number;
  /** How far `x-amz-date` may be from now; null: any. */
  readonly signature_skew_ms: number | null;
}

/** What a run starts with. */
export const DEFAULT_SETTINGS: RunSettings = {
  tokens: 'typical',
  output_tokens: null,
  default_max_tokens: 4096,
  tokens_per_frame: 4,
  frames: null,
  slow_ms: 0,
  pace_ms: 0,
  cache: 'memory',
  cache_tokens_min: 1024,
  fault: '',
  lookup_fault: '',
  provision_ms: 2000,
  provision_fails: false,
  clock_ahead_ms: 0,
  model_units_quota: null,
  denied_operations: [],
  fault_rate: 0,
  fault_mix: [
    'throttle',
    'error;status=500',
    'error;status=503',
    'error;status=424',
    'error;status=408',
    'slow;ms=300',
    'exception;after=4',
    'exception;name=throttlingException;after=2',
    'truncate;after=3',
    'truncate;after=5;inside',
    'bad-crc;after=4',
    'reset',
    'reset;after=3',
    'no-usage',
  ],
  seed: 1,
  signature_skew_ms: 300_000,
};

type Check = (value: unknown) => boolean;

const isCount: Check = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isPositive: Check = (value) => isCount(value) && value !== 0;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

function isScript(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  parseScript(value);
  return true;
}

const CHECKS: Readonly<Record<keyof RunSettings, Check>> = {
  tokens: (value) => TOKEN_MODES.some((mode) => mode === value),
  output_tokens: orNull(isPositive),
  default_max_tokens: isPositive,
  tokens_per_frame: isPositive,
  frames: orNull(isPositive),
  slow_ms: isCount,
  pace_ms: isCount,
  cache: (value) => CACHE_MODES.some((mode) => mode === value),
  cache_tokens_min: isCount,
  fault: isScript,
  lookup_fault: isScript,
  provision_ms: isCount,
  provision_fails: (value) => typeof value === 'boolean',
  clock_ahead_ms: isCount,
  model_units_quota: orNull(isCount),
  denied_operations: (value) => stringsOf(value).length === asList(value)?.length,
  fault_rate: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  fault_mix: (value) => Array.isArray(value) && value.length > 0 && value.every(isScript),
  seed: isCount,
  signature_skew_ms: orNull(isCount),
};

/**
 * The settings with some changed. Throws a `ValidationException` that names the first unknown or
 * impossible one; then nothing is changed.
 */
export function changeSettings(settings: RunSettings, changes: JsonObject): RunSettings {
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(CHECKS, name)) throw invalid(`There is no setting '${name}'.`);
    const check = CHECKS[name as keyof RunSettings];
    if (!check(value)) throw invalid(`The setting '${name}' cannot be ${JSON.stringify(value)}.`);
  }
  return { ...settings, ...changes };
}
