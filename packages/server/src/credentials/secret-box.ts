/**
 * The secret box under the master keys. What it seals names the version of the key, so that a new
 * master key seals what is new while older ones still open what they sealed:
 * `<version>.<iv>.<text and tag>`. Every purpose has a key of its own.
 */
import type { Ids } from '../ports/ids.ts';
import type { SecretBox } from '../ports/secret-box.ts';
import type { MasterKeys } from './master-keys.ts';
import { openText, sealText } from './sealed-text.ts';

const PURPOSE = 'secret-box';
const SEALED = /^([1-9]\d{0,2})\.(.+)$/;

/** A box that opens what was sealed under any of these master keys. */
export function masterKeyBox(masterKeys: MasterKeys, ids: Ids): SecretBox {
  return {
    seal(purpose, secret) {
      const key = masterKeys.derive(masterKeys.newest, PURPOSE, purpose);
      if (key === undefined) throw new Error('The newest master key is not there.');
      return `${masterKeys.newest}.${sealText(ids, key, purpose, secret)}`;
    },
    open(purpose, sealed) {
      const [, version = '', text = ''] = SEALED.exec(sealed) ?? [];
      const key = masterKeys.derive(Number(version), PURPOSE, purpose);
      return key === undefined ? undefined : openText(key, purpose, text);
    },
  };
}
