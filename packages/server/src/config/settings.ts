/**
 * Every setting of the product, declared once: the loader, the command line's flags, the reference
 * page and `.env.example` follow from this table. The key of the file is the name in snake_case,
 * the variable is `TOLLKEEPER_` and the name in capitals, the flag is `--` and the name with
 * hyphens.
 *
 * Limits live here and nowhere else, each with its unit at the end of its name.
 */
import { alerts } from './alert-settings.ts';
import { authentication } from './auth-settings.ts';
import { chains } from './chain-settings.ts';
import { doors } from './door-settings.ts';
import { sharedStore } from './dynamodb-settings.ts';
import { emf } from './emf-settings.ts';
import { identity } from './issuer-settings.ts';
import { keeper } from './keeper-settings.ts';
import { limits } from './limit-settings.ts';
import { pricing } from './price-settings.ts';
import { provisionedThroughput } from './provisioned-settings.ts';
import { rateLimits } from './rate-settings.ts';
import { refusals } from './refusal-settings.ts';
import { retention } from './retention-settings.ts';
import {
  choice,
  DAY_MS,
  HOUR_MS,
  list,
  path,
  secret,
  text,
  url,
  whole,
  yesNo,
} from './setting-kinds.ts';
import type { Setting, SettingValue } from './setting.ts';
import { upstream } from './upstream-settings.ts';
import { sharing } from './worker-settings.ts';

const listening = {
  host: text({
    default: '127.0.0.1',
    description:
      'Address to listen on. Any address other than loopback is refused without TLS, unless ' +
      '`insecure_http` says that this is meant.',
  }),
  port: whole<number>({
    default: 8080,
    min: 0,
    max: 65_535,
    description: 'Port to listen on, for HTTP/1.1 and HTTP/2 alike. 0 takes any free one.',
  }),
  insecureHttp: yesNo({
    default: false,
    description: 'Allow plain HTTP on an address other than loopback.',
  }),
  metricsPort: whole<number | null>({
    default: null,
    min: 0,
    max: 65_535,
    description:
      'A port of its own for `/metrics`, without authentication. Unset: `/metrics` is served ' +
      'on the main port to the provisioning key.',
  }),
  tlsCertFile: path({
    default: null,
    description:
      'File with the certificate of the listener and its chain, as PEM. With it and ' +
      '`tls_key_file`, the port speaks TLS alone: HTTP/2 and HTTP/1.1, as the client chooses.',
  }),
  tlsKeyFile: path({
    default: null,
    description: 'File with the private key of that certificate, as PEM.',
  }),
  stagePrefixes: list({
    default: [],
    demo: ['/prod', '/kerrigan_prod'],
    pattern: /^(\/[A-Za-z0-9_-]+)+$/,
    expects: 'paths such as /prod, separated by commas',
    description:
      'Path prefixes that are removed before a request is routed, for deployments behind a stage.',
  }),
} as const;

const storage = {
  masterKey: secret({
    default: null,
    description:
      'The master keys, from which secrets of access keys follow: `1:<base64 of 32 random ' +
      'bytes>`, several separated by commas, the newest version signs. Instead of the file.',
  }),
  masterKeyFile: path({
    default: null,
    description:
      'File of the master keys, one a line, readable by its owner alone. Unset: `master-key` in ' +
      'the data directory, made by `tollkeeper init`. Keep it apart from backups of the store.',
  }),
  dataDir: text({
    default: '.tollkeeper',
    description: 'Directory of the ledger and the catalogue. Made with mode 700 if missing.',
  }),
  sweepIntervalMs: whole<number>({
    default: 5_000,
    min: 100,
    max: HOUR_MS,
    description: 'How often holds of dead processes are looked for and settled.',
  }),
  ...refusals,
  ...retention,
} as const;

const admission = {
  admissionWaitMs: whole<number>({
    default: 2_000,
    min: 0,
    max: 60_000,
    description:
      'How long a call waits for running calls to give room back, before it is told to try again.',
  }),
  admissionQueueMax: whole<number>({
    default: 10_000,
    min: 0,
    max: 1_000_000,
    description: 'Calls that wait for room at most; the next one is told to try again at once.',
  }),
  ...chains,
  unboundedCapTokens: whole<number>({
    default: 131_072,
    min: 1,
    max: 100_000_000,
    description:
      'Output tokens reserved for a model without a known maximum, when the policy of the key ' +
      'says `cap`.',
  }),
} as const;

const settlement = {
  settleWaitMs: whole<number>({
    default: 1_000,
    min: 0,
    max: 60_000,
    description: 'How long the last byte of an answer waits for the ledger at most.',
  }),
  upstreamErrorCeiling: choice({
    default: 'zero',
    values: ['zero', 'hold'],
    description:
      'What a failed call (408, 424, 500, 503 before any output) can have cost at most: ' +
      '`zero`, as AWS is believed not to bill it, or the whole `hold`.',
  }),
  drainMax: whole<number>({
    default: 256,
    min: 0,
    max: 100_000,
    description:
      'Calls that are read to their end at the same time after their client left. Those ' +
      'beyond it are cut and recorded as unknown.',
  }),
  drainMsMax: whole<number>({
    default: HOUR_MS,
    min: 0,
    max: DAY_MS,
    description: 'How long a call is read on after its client left.',
  }),
} as const;

const running = {
  shutdownGraceMs: whole<number>({
    default: 30_000,
    min: 0,
    max: HOUR_MS,
    description: 'How long running calls may go on after the process was asked to stop.',
  }),
  logLevel: choice({
    default: 'info',
    demo: 'warn',
    values: ['debug', 'info', 'warn', 'error', 'silent'],
    description: 'Least weight of the lines that are logged, as JSON on the standard error.',
  }),
} as const;

const telemetry = {
  otlpEndpoint: url({
    default: null,
    alias: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description:
      'An OpenTelemetry collector that takes OTLP over HTTP: `/v1/metrics` and `/v1/traces` are ' +
      'added. Unset: nothing is exported; `/metrics` is there all the same.',
  }),
  otlpHeaders: secret({
    default: null,
    pattern: /^[^=,\s]+=[^,\r\n]*(,[^=,\s]+=[^,\r\n]*)*$/,
    expects: 'name=value pairs, separated by commas',
    alias: 'OTEL_EXPORTER_OTLP_HEADERS',
    description: 'Headers that the collector wants, such as its API key.',
  }),
  otlpIntervalMs: whole<number>({
    default: 60_000,
    min: 100,
    max: HOUR_MS,
    description: 'How often metrics are sent to the collector.',
  }),
  traceSamplePercent: whole<number>({
    default: 10,
    min: 0,
    max: 100,
    description:
      'Calls of a hundred that get a span, where the caller has not decided by `traceparent`. ' +
      'Only with `otlp_endpoint`. Spans hold no prompts.',
  }),
  ...emf,
} as const;

/** The table, in the groups and the order of the reference page. */
export const SETTING_GROUPS = {
  Listening: listening,
  Storage: storage,
  'Shared store': sharedStore,
  Upstream: upstream,
  Prices: pricing,
  Admission: admission,
  Settlement: settlement,
  'OAuth clients': authentication,
  People: identity,
  Limits: limits,
  'Rates of the API': rateLimits,
  Running: running,
  'Several processes': sharing,
  Telemetry: telemetry,
  'Cost keeper': keeper,
  Alerts: alerts,
  'Provisioned throughput': provisionedThroughput,
  Doors: doors,
} as const;

/** Every setting by its name in code. */
export const SETTINGS = {
  ...listening,
  ...storage,
  ...sharedStore,
  ...upstream,
  ...pricing,
  ...admission,
  ...settlement,
  ...authentication,
  ...identity,
  ...limits,
  ...rateLimits,
  ...running,
  ...sharing,
  ...telemetry,
  ...keeper,
  ...alerts,
  ...provisionedThroughput,
  ...doors,
} as const;

export type SettingKey = keyof typeof SETTINGS;

/** Settings that follow from others if they are unset. */
export type DerivedKey = 'upstreamUrl' | 'controlUrl' | 'masterKeyFile';

/** All settings with their values: what the process runs by. */
export type Settings = {
  readonly [K in SettingKey]: K extends DerivedKey ? string : SettingValue<(typeof SETTINGS)[K]>;
};

/** Every name of the table, in its order. */
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** Variables with our prefix that are no settings: read by the command line itself. */
export const OTHER_VARIABLES: Readonly<Record<string, string>> = {
  TOLLKEEPER_SETTINGS_FILE:
    'Path of the settings file, YAML or JSON. Unset: `tollkeeper.yaml` in the working directory, ' +
    'if there is one.',
  TOLLKEEPER_ENDPOINT: 'The gateway that `tollkeeper` commands speak to.',
  TOLLKEEPER_PROVISIONING_KEY: 'The provisioning key that administrative commands send.',
  TOLLKEEPER_API_KEY: 'The API key that reading commands send.',
  TOLLKEEPER_ACCESS_TOKEN:
    'The token of a person who signed in, which commands send before any key.',
  TOLLKEEPER_CLOCK_FILE: 'Only in a demo: a file that sets the wall clock of the gateway.',
  TOLLKEEPER_CRASH_POINT: 'Only in a demo: the named point at which the gateway stops dead.',
};

/** `admissionWaitMs` -> `admission_wait_ms`: the key in the settings file. */
export function fileKeyOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Whether a setting exists in the settings file alone. */
export function isFileOnly(key: SettingKey): boolean {
  const setting: Setting = SETTINGS[key];
  return setting.kind === 'structured';
}

/** `admissionWaitMs` -> `TOLLKEEPER_ADMISSION_WAIT_MS`: the environment variable. */
export function variableOf(key: string): string {
  return `TOLLKEEPER_${fileKeyOf(key).toUpperCase()}`;
}

/** `admissionWaitMs` -> `--admission-wait-ms`: the flag; secrets, structures: none (null). */
export function flagOf(key: SettingKey): string | null {
  const setting: Setting = SETTINGS[key];
  const without = setting.kind === 'secret' || setting.kind === 'structured';
  return without ? null : `--${fileKeyOf(key).replaceAll('_', '-')}`;
}
