/**
 * The master keys: what secrets are derived from that must be known again but are stored nowhere.
 * They come from outside the store - a variable or a file of their own - so that whoever steals the
 * store alone can derive nothing.
 *
 * A key has a version from 1 to 255, which everything made under it names. The newest makes new
 * secrets; older ones stay as long as something that names them is to work. Written down, a key is
 * `version:base64`, and several stand on lines of their own or are separated by commas.
 */
import { createHmac } from 'node:crypto';
import type { Ids } from '../ports/ids.ts';

/** Bytes of a master key that is made here, and the fewest that are accepted. */
export const MASTER_KEY_BYTES = 32;
/** Versions fit into one byte of a key id. */
export const MASTER_KEY_VERSION_MAX = 255;

const LINE = /^(\d{1,3}):([A-Za-z0-9+/_-]+={0,2})$/;

/** The master keys that this process has. */
export interface MasterKeys {
  /** The version that new secrets are made under. */
  readonly newest: number;
  readonly versions: readonly number[];
  /**
   * 256 bits that follow from the key of a version, a purpose and a text, and tell nothing of the
   * key. Undefined: there is no key of that version here.
   */
  derive(version: number, purpose: string, text: string): Buffer | undefined;
}

export type ParsedMasterKeys =
  | { readonly kind: 'keys'; readonly keys: MasterKeys }
  /** `problem` follows the name of where the text came from and never quotes it. */
  | { readonly kind: 'refused'; readonly problem: string };

/** Reads keys as they are written down. Never throws. */
export function parseMasterKeys(text: string): ParsedMasterKeys {
  const byVersion = new Map<number, Buffer>();
  for (const part of text.split(/[\s,]+/)) {
    if (part === '') continue;
    const [, digits = '', base64 = ''] = LINE.exec(part) ?? [];
    const version = Number(digits);
    const bytes = Buffer.from(base64, 'base64');
    if (digits === '' || version < 1 || version > MASTER_KEY_VERSION_MAX) {
      return refused(`should hold lines of the form 1:<base64>, versions 1 to 255`);
    }
    if (bytes.length < MASTER_KEY_BYTES) {
      return refused(
        `holds a key of ${bytes.length} bytes as version ${version}; it takes at least ` +
          `${MASTER_KEY_BYTES} random bytes in base64`,
      );
    }
    if (byVersion.has(version)) return refused(`holds two keys of version ${version}`);
    byVersion.set(version, bytes);
  }
  if (byVersion.size === 0) return refused('holds no key');
  return { kind: 'keys', keys: masterKeys(byVersion) };
}

/** A new key of a version as one line, without its end. */
export function mintMasterKey(ids: Ids, version: number): string {
  return `${version}:${Buffer.from(ids.secret(MASTER_KEY_BYTES)).toString('base64')}`;
}

function masterKeys(byVersion: ReadonlyMap<number, Buffer>): MasterKeys {
  const versions = [...byVersion.keys()].toSorted((left, right) => left - right);
  return {
    newest: versions.at(-1) ?? 0,
    versions,
    derive(version, purpose, text) {
      const key = byVersion.get(version);
      if (key === undefined) return undefined;
      return createHmac('sha256', key).update(`tollkeeper ${purpose}\n${text}`).digest();
    },
  };
}

function refused(problem: string): ParsedMasterKeys {
  return { kind: 'refused', problem };
}
