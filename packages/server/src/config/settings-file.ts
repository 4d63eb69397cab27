/**
 * Reads the settings file: YAML (of which JSON is a part), a map whose keys `loadSettings` then
 * judges.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';

/** What is read from the working directory when no file is named. */
export const SETTINGS_FILE = 'tollkeeper.yaml';

/** The file to read: the named one, else the usual one if it is there, else none. */
export function settingsFilePath(named: string | undefined): string | undefined {
  if (named !== undefined && named !== '') return named;
  return existsSync(SETTINGS_FILE) ? SETTINGS_FILE : undefined;
}

/** How often anchors of the file may be repeated: bounds what a small file can grow to. */
const ALIASES_MAX = 100;

export type ReadSettingsFile =
  | { readonly kind: 'read'; readonly file: { readonly path: string; readonly content: unknown } }
  /** It cannot be read or is no YAML; `message` is a full sentence that names the file. */
  | { readonly kind: 'unreadable'; readonly message: string };

/** Never throws. A file that was named must exist: its absence is a mistake, not a default. */
export function readSettingsFile(path: string): ReadSettingsFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    return { kind: 'unreadable', message: `The settings file ${path} cannot be read (${code}).` };
  }
  const document = parseDocument(text, { logLevel: 'error' });
  const [error] = document.errors;
  if (error === undefined) return contentOf(path, document);
  // The parser's own message may quote the text, and with it a secret.
  const line = error.linePos?.[0].line;
  const where = line === undefined ? '' : `: see line ${line}`;
  return { kind: 'unreadable', message: `The settings file ${path} is not YAML${where}.` };
}

function contentOf(path: string, document: ReturnType<typeof parseDocument>): ReadSettingsFile {
  try {
    // A file of comments alone states nothing.
    const content: unknown = document.toJS({ maxAliasCount: ALIASES_MAX }) ?? {};
    return { kind: 'read', file: { path, content } };
  } catch {
    const message = `The settings file ${path} has anchors that are missing or used too often.`;
    return { kind: 'unreadable', message };
  }
}
