/**
 * From the command line, the environment, a settings file and the defaults to one set of values, in
 * that order of precedence. Every problem is reported at once, each with the setting, where its
 * value came from and what is allowed; nothing is guessed and nothing that is misspelt is passed
 * over.
 */
import { join } from 'node:path';
import { variablesOfIssuers } from './issuer-settings.ts';
import { aliasOf, parseSetting, settingExpects } from './setting.ts';
import type { Setting, SettingSource } from './setting.ts';
import {
  OTHER_VARIABLES,
  SETTINGS,
  SETTING_KEYS,
  fileKeyOf,
  flagOf,
  isFileOnly,
  variableOf,
} from './settings.ts';
import type { DerivedKey, SettingKey, Settings } from './settings.ts';

/** Where values may come from. Nothing else is read. */
export interface SettingsInput {
  /** By the setting's name in code; `undefined` counts as not given. Unknown names are ignored. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The settings file as read, and its path for messages. */
  readonly file?: { readonly path: string; readonly content: unknown };
  /** Demo defaults hold, and variables that are not ours are not read. */
  readonly demo?: boolean;
}

/** Where a value came from, by kind and by name: `{ source: 'flag', name: '--port' }`. */
export interface SettingOrigin {
  readonly source: SettingSource;
  readonly name: string;
}

/** One thing that is wrong. `message` is a full sentence and never contains a secret. */
export interface SettingProblem {
  /** Key of the settings file, or the unknown name itself. */
  readonly setting: string;
  readonly source: SettingSource;
  readonly message: string;
}

export type LoadedSettings =
  | {
      readonly kind: 'ok';
      readonly settings: Settings;
      readonly origins: Readonly<Record<SettingKey, SettingOrigin>>;
    }
  | { readonly kind: 'invalid'; readonly problems: readonly SettingProblem[] };

interface Given {
  readonly origin: SettingOrigin;
  readonly value: unknown;
}

/** Never throws; see the head of this file for precedence. */
export function loadSettings(input: SettingsInput): LoadedSettings {
  const problems: SettingProblem[] = [...unknownNames(input)];
  const values: Record<string, unknown> = {};
  const origins: Record<string, SettingOrigin> = {};
  for (const key of SETTING_KEYS) {
    const setting: Setting = SETTINGS[key];
    const given = findGiven(key, setting, input);
    if (given === undefined) {
      const { demo = setting.default } = setting;
      values[key] = input.demo === true ? demo : setting.default;
      origins[key] = { source: 'default', name: 'default' };
      continue;
    }
    const parsed = parseSetting(setting, given.value);
    if (parsed.kind === 'value') values[key] = parsed.value;
    else problems.push(refusedValue(key, setting, given, parsed.expected));
    origins[key] = given.origin;
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  // Every key of the table was given a value of its declared type just above.
  const settings = withDerived(values as unknown as Settings, input.demo === true);
  const conflicts = findConflicts(settings, origins);
  if (conflicts.length > 0) return { kind: 'invalid', problems: conflicts };
  return { kind: 'ok', settings, origins: origins as Record<SettingKey, SettingOrigin> };
}

/**
 * The strongest source that has the setting. An empty variable counts as not set, as in a shell.
 */
function findGiven(key: SettingKey, setting: Setting, input: SettingsInput): Given | undefined {
  const flag = flagOf(key);
  const fromFlag = input.flags?.[key];
  if (flag !== null && fromFlag !== undefined) {
    return { origin: { source: 'flag', name: flag }, value: fromFlag };
  }
  const alias = input.demo === true ? undefined : aliasOf(setting);
  const variables = [variableOf(key), ...(alias === undefined ? [] : [alias])];
  for (const name of isFileOnly(key) ? [] : variables) {
    const fromVariable = input.env?.[name];
    if (fromVariable !== undefined && fromVariable !== '') {
      return { origin: { source: 'environment', name }, value: fromVariable };
    }
  }
  const content = input.file?.content;
  if (isRecord(content) && Object.hasOwn(content, fileKeyOf(key))) {
    const fromFile = content[fileKeyOf(key)];
    const name = `${fileKeyOf(key)} in ${input.file?.path ?? 'the settings file'}`;
    // `null` in the file says outright what leaving the key out says silently.
    return fromFile === null ? undefined : { origin: { source: 'file', name }, value: fromFile };
  }
  return undefined;
}

function refusedValue(
  key: SettingKey,
  setting: Setting,
  { origin, value }: Given,
  expected: string,
): SettingProblem {
  const about = { setting: fileKeyOf(key), source: origin.source };
  // Of a structure, the part that is wrong says so itself.
  if (setting.kind === 'structured')
    return { ...about, message: `In ${origin.name}: ${expected}.` };
  return {
    ...about,
    message: `${origin.name} must be ${settingExpects(setting)}${but(setting, value)}.`,
  };
}

/** What it is instead, but for what nobody should read. */
function but({ kind }: Setting, value: unknown): string {
  if (kind === 'secret') return '';
  if (kind !== 'url' || typeof value !== 'string') return `, not ${JSON.stringify(value)}`;
  // Credentials and queries are the very reason why it may be refused.
  const plain = value.replace(/^([^/?#]*:)?\/\/[^/?#]*@/, '$1//...@').replace(/[?#].*$/s, '?...');
  return `, not ${JSON.stringify(plain)}`;
}

function unknownNames(input: SettingsInput): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const named = SETTING_KEYS.filter((key) => !isFileOnly(key)).map(variableOf);
  const pointed = isRecord(input.file?.content) ? input.file.content['trusted_issuers'] : undefined;
  const others = [...Object.keys(OTHER_VARIABLES), ...variablesOfIssuers(pointed)];
  const variables = new Set([...named, ...others]);
  for (const name of Object.keys(input.env ?? {})) {
    if (!name.startsWith('TOLLKEEPER_') || variables.has(name)) continue;
    const message = `${name} is not a setting: no variable has that name.`;
    problems.push({ setting: name, source: 'environment', message });
  }
  if (input.file === undefined) return problems;
  const { path, content } = input.file;
  if (!isRecord(content)) {
    const message = `${path} must be a map of settings.`;
    return [...problems, { setting: path, source: 'file', message }];
  }
  const keys = new Set(SETTING_KEYS.map(fileKeyOf));
  for (const key of Object.keys(content)) {
    if (keys.has(key)) continue;
    const message = `${key} in ${path} is not a setting.`;
    problems.push({ setting: key, source: 'file', message });
  }
  return problems;
}

function withDerived(settings: Settings, demo: boolean): Settings {
  const stated: Readonly<Record<DerivedKey, string | null>> = settings;
  const upstreamUrl =
    stated.upstreamUrl ?? `https://bedrock-runtime.${settings.region}.amazonaws.com`;
  // One simulator is the runtime and the control plane.
  const control = demo ? upstreamUrl : `https://bedrock.${settings.region}.amazonaws.com`;
  return {
    ...settings,
    upstreamUrl,
    controlUrl: stated.controlUrl ?? control,
    masterKeyFile: stated.masterKeyFile ?? join(settings.dataDir, 'master-key'),
  };
}

/** Settings that are right one by one, but not together. */
function findConflicts(
  settings: Settings,
  origins: Record<SettingKey, SettingOrigin>,
): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const refuse = (key: SettingKey, message: string): void => {
    problems.push({ setting: fileKeyOf(key), source: origins[key].source, message });
  };
  const encrypted = settings.tlsCertFile !== null && settings.tlsKeyFile !== null;
  if (!isLoopback(settings.host) && !encrypted && !settings.insecureHttp) {
    refuse(
      'host',
      `host ${settings.host} can be reached from other machines without TLS: set tls_cert_file ` +
        'and tls_key_file, listen on 127.0.0.1 behind a proxy that has TLS, or set insecure_http.',
    );
  }
  if ((settings.tlsCertFile === null) !== (settings.tlsKeyFile === null)) {
    refuse(
      'tlsCertFile',
      'tls_cert_file and tls_key_file belong together: one of them is not set.',
    );
  }
  if (settings.upstreamAuth === 'bearer' && settings.upstreamBearerToken === null) {
    refuse('upstreamAuth', 'upstream_auth is bearer, but upstream_bearer_token is not set.');
  }
  if (settings.replyBufferBytesMax > settings.bufferedBytesMax) {
    refuse(
      'replyBufferBytesMax',
      'reply_buffer_bytes_max must not be larger than buffered_bytes_max.',
    );
  }
  if (settings.headersTimeoutMs > settings.bodyTimeoutMs) {
    refuse('headersTimeoutMs', 'headers_timeout_ms must not be larger than body_timeout_ms.');
  }
  if (settings.bodyBytesMax > settings.bufferedBytesMax) {
    refuse('bodyBytesMax', 'body_bytes_max must not be larger than buffered_bytes_max.');
  }
  return problems;
}

/** Whether only this machine can reach a listener on the host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isRecord(content: unknown): content is Readonly<Record<string, unknown>> {
  return typeof content === 'object' && content !== null && !Array.isArray(content);
}
