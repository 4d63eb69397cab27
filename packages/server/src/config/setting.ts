/**
 * What a setting is: its kind, its default, its bounds, and how a value from the command line, the
 * environment or the settings file becomes a typed one. The table of settings is in `settings.ts`.
 */

/** Where a value came from, strongest first. */
export type SettingSource = 'flag' | 'environment' | 'file' | 'default';

interface Declared<T> {
  /** One sentence or two for operators; goes into the reference as it is. */
  readonly description: string;
  /** What holds when nothing is given. */
  readonly default: T;
  /** What holds instead in demo mode when nothing is given. */
  readonly demo?: T;
}

/** A piece of text. */
export interface TextSetting<T extends string | null = string | null> extends Declared<T> {
  readonly kind: 'text';
  readonly pattern?: RegExp;
  /** What `pattern` asks for, in words: follows "must be". */
  readonly expects?: string;
}

/** A value that is never shown: it has no flag, and problems with it do not repeat it. */
export interface SecretSetting extends Declared<string | null> {
  readonly kind: 'secret';
  readonly pattern?: RegExp;
  readonly expects?: string;
  /** Another variable that is read when ours is not set, but never in demo mode. */
  readonly alias?: string;
}

/** An absolute http or https URL, kept without a trailing slash. */
export interface UrlSetting extends Declared<string | null> {
  readonly kind: 'url';
  /** Another variable that is read when ours is not set, but never in demo mode. */
  readonly alias?: string;
}

/** The other variable of a setting that has one. */
export function aliasOf(setting: Setting): string | undefined {
  return setting.kind === 'secret' || setting.kind === 'url' ? setting.alias : undefined;
}

/** A whole number within bounds, both inclusive; the unit is the end of the setting's name. */
export interface WholeSetting<T extends number | null = number | null> extends Declared<T> {
  readonly kind: 'whole';
  readonly min: number;
  readonly max: number;
}

/** Yes or no. */
export interface SwitchSetting extends Declared<boolean> {
  readonly kind: 'switch';
}

/** One of a few words. */
export interface ChoiceSetting<T extends string = string> extends Declared<T> {
  readonly kind: 'choice';
  readonly values: readonly T[];
}

/** Several pieces of text: separated by commas, or an array in the file. */
export interface ListSetting extends Declared<readonly string[]> {
  readonly kind: 'list';
  readonly pattern: RegExp;
  readonly expects: string;
}

/**
 * A value with members of its own. It exists in the settings file alone: no variable and no flag.
 */
export interface StructuredSetting<T = unknown> extends Declared<T> {
  readonly kind: 'structured';
  /** Never throws. What is refused is told in full: `model_labels.x.type must be ...`. */
  readonly parse: (given: unknown) => ParsedStructure<T>;
  /** For the reference page: what it is, and its default. */
  readonly expects: string;
  readonly shown: string;
}

export type ParsedStructure<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'refused'; readonly expected: string };

export type Setting =
  | TextSetting
  | SecretSetting
  | UrlSetting
  | WholeSetting
  | SwitchSetting
  | ChoiceSetting
  | ListSetting
  | StructuredSetting;

/** The type of a setting's value. */
export type SettingValue<S extends Setting> = S extends Declared<infer T> ? T : never;

/**
 * A value as read, or what was expected in its place (follows "must be"; of structures, a sentence
 * of its own without its full stop).
 */
export type Parsed =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly expected: string };

const refused = (setting: Setting): Parsed => ({
  kind: 'refused',
  expected: settingExpects(setting),
});
const value = (parsed: string | number | boolean | readonly string[]): Parsed => ({
  kind: 'value',
  value: parsed,
});

/**
 * Reads one given value: text from a flag or the environment by the setting's kind, JSON from the
 * file as it is. Never throws.
 */
export function parseSetting(setting: Setting, given: unknown): Parsed {
  switch (setting.kind) {
    case 'text':
    case 'secret':
      if (typeof given !== 'string' || given === '') return refused(setting);
      return setting.pattern?.test(given) === false ? refused(setting) : value(given);
    case 'url':
      return parseUrl(setting, given);
    case 'whole':
      return parseWhole(setting, given);
    case 'switch':
      if (given === true || given === 'true') return value(true);
      return given === false || given === 'false' ? value(false) : refused(setting);
    case 'choice':
      return typeof given === 'string' && setting.values.includes(given)
        ? value(given)
        : refused(setting);
    case 'list':
      return parseList(setting, given);
    case 'structured':
      return setting.parse(given);
  }
}

/** What a setting allows, as the end of a sentence that begins "must be". */
export function settingExpects(setting: Setting): string {
  switch (setting.kind) {
    case 'text':
    case 'secret':
      return setting.expects ?? 'text that is not empty';
    case 'url':
      return 'an http or https URL without credentials, query or fragment';
    case 'whole':
      return `a whole number from ${setting.min} to ${setting.max}`;
    case 'switch':
      return 'true or false';
    case 'choice':
      return `one of ${setting.values.join(', ')}`;
    case 'list':
    case 'structured':
      return setting.expects;
  }
}

function parseWhole(setting: WholeSetting, given: unknown): Parsed {
  const number = typeof given === 'string' && /^-?\d{1,16}$/.test(given) ? Number(given) : given;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return refused(setting);
  return number < setting.min || number > setting.max ? refused(setting) : value(number);
}

function parseUrl(setting: UrlSetting, given: unknown): Parsed {
  const url = typeof given === 'string' ? URL.parse(given) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return refused(setting);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return refused(setting);
  }
  return value(url.href.replace(/\/+$/, ''));
}

function parseList(setting: ListSetting, given: unknown): Parsed {
  const items: unknown = typeof given === 'string' ? given.split(',') : given;
  if (!Array.isArray(items)) return refused(setting);
  const texts: string[] = [];
  for (const item of items) {
    if (typeof item !== 'string') return refused(setting);
    const text = item.trim();
    if (text === '') continue;
    if (!setting.pattern.test(text)) return refused(setting);
    texts.push(text);
  }
  return value(texts);
}
