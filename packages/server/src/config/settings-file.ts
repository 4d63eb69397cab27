/** Reads the settings file: a JSON object, whose keys `loadSettings` then judges. */
import { readFileSync } from 'node:fs';

export type ReadSettingsFile =
  | { readonly kind: 'read'; readonly file: { readonly path: string; readonly content: unknown } }
  /** It cannot be read or is no JSON; `message` is a full sentence that names the file. */
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
  try {
    return { kind: 'read', file: { path, content: JSON.parse(text) as unknown } };
  } catch {
    // The parser's own message may quote the text, and with it a secret.
    return { kind: 'unreadable', message: `The settings file ${path} is not JSON.` };
  }
}
