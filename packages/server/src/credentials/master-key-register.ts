/**
 * Which master keys a store has been used with. The store keeps a fingerprint of each, from which
 * the key does not follow, so that a wrong one is noticed at the start and not by every signature
 * failing; and a version that was used once is never given to another key.
 */
import { timingSafeEqual } from 'node:crypto';
import { MASTER_KEY_PARENT, masterKeyDocument, type MasterKeyRecord } from '../catalog/records.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { MasterKeySource } from '../ports/master-key-source.ts';
import {
  MASTER_KEY_VERSION_MAX,
  mintMasterKey,
  parseMasterKeys,
  type MasterKeys,
} from './master-keys.ts';

interface Parts {
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** There is no master key, or it is not what it should be. The message says what to do. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

const PURPOSE = 'master key fingerprint';

/**
 * The master keys, known to the store from now on. Throws a `MasterKeyError` when there are none
 * and none are to be made, or when they are not those that the store was used with.
 */
export async function openMasterKeys(
  parts: Parts,
  source: MasterKeySource,
  options: { readonly create: boolean },
): Promise<{ readonly keys: MasterKeys; readonly created: boolean }> {
  let text = read(source);
  let created = false;
  if (text === undefined && options.create) {
    created = createIn(source, `${mintMasterKey(parts.ids, await nextVersion(parts.catalog))}\n`);
    text = read(source);
  }
  if (text === undefined) {
    throw new MasterKeyError(
      `There is no master key yet. ${source.name} does not exist: run tollkeeper init, which ` +
        'makes it, or set TOLLKEEPER_MASTER_KEY to 1:<base64 of 32 random bytes>.',
    );
  }
  const parsed = parseMasterKeys(text);
  if (parsed.kind === 'refused') throw new MasterKeyError(`${source.name} ${parsed.problem}.`);
  for (const version of parsed.keys.versions) await register(parts, source, parsed.keys, version);
  return { keys: parsed.keys, created };
}

async function register(
  { catalog, clock }: Parts,
  source: MasterKeySource,
  keys: MasterKeys,
  version: number,
): Promise<void> {
  const print = keys.derive(version, PURPOSE, String(version)) ?? Buffer.alloc(0);
  const id = masterKeyDocument(version);
  const value: MasterKeyRecord = {
    version,
    fingerprint: print.toString('hex'),
    created_at: new Date(clock.now()).toISOString(),
  };
  // Whoever comes second compares with what the first has put.
  await catalog.put({ kind: 'setting', id, parent: MASTER_KEY_PARENT, value, expected: 0 });
  const known = await catalog.get<MasterKeyRecord>('setting', id);
  const kept = Buffer.from(known?.value.fingerprint ?? '', 'hex');
  if (kept.length === print.length && timingSafeEqual(kept, print)) return;
  throw new MasterKeyError(
    `${source.name} holds another key as version ${version} than the one this store was used ` +
      'with. Put the right key back, or give the new one a version of its own.',
  );
}

/** A version that no key of this store has ever had. */
async function nextVersion(catalog: CatalogStore): Promise<number> {
  const { items } = await catalog.list<MasterKeyRecord>('setting', {
    parent: MASTER_KEY_PARENT,
    limit: MASTER_KEY_VERSION_MAX,
  });
  const next = Math.max(0, ...items.map(({ value }) => value.version)) + 1;
  if (next <= MASTER_KEY_VERSION_MAX) return next;
  throw new MasterKeyError(`This store has used all ${MASTER_KEY_VERSION_MAX} versions of keys.`);
}

function read(source: MasterKeySource): string | undefined {
  try {
    return source.read();
  } catch (error) {
    throw asMasterKeyError(error);
  }
}

function createIn(source: MasterKeySource, text: string): boolean {
  try {
    return source.create(text);
  } catch (error) {
    throw asMasterKeyError(error);
  }
}

function asMasterKeyError(error: unknown): MasterKeyError {
  return new MasterKeyError(error instanceof Error ? error.message : String(error));
}
