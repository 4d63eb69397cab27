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

export interface OpenedKeys {
  readonly keys: MasterKeys;
  readonly created: boolean;
  /** Versions of keys that the store was used with and that are not here. */
  readonly missing: readonly number[];
}

/**
 * The master keys, known to the store from now on. Throws a `MasterKeyError` when there are none
 * and none are to be made, or when they are not those that the store was used with. `create`:
 * 'first' makes one only for a store that has never been used with any.
 */
export async function openMasterKeys(
  parts: Parts,
  source: MasterKeySource,
  { create }: { readonly create: boolean | 'first' },
): Promise<OpenedKeys> {
  let text = read(source);
  let created = false;
  const known = await knownVersions(parts.catalog);
  if (text === undefined && create !== false) {
    const version = nextOf(known);
    if (create === 'first' && known.length > 0) throw elsewhere(source, known, version);
    created = createIn(source, `${mintMasterKey(parts.ids, version)}\n`);
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
  const { keys } = parsed;
  for (const version of keys.versions) await register(parts, source, keys, version);
  return { keys, created, missing: known.filter((version) => !keys.versions.includes(version)) };
}

/** Another machine has the key: one of its own would leave this one unable to verify signatures. */
function elsewhere(
  source: MasterKeySource,
  known: readonly number[],
  next: number,
): MasterKeyError {
  return new MasterKeyError(
    `This store was used with a master key on another machine (version ${known.join(', ')}). ` +
      `${source.name} does not exist: bring it here, or set TOLLKEEPER_MASTER_KEY. Only if the ` +
      `key is lost, write a new one there: ${next}:<base64 of 32 random bytes>.`,
  );
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

/** Of the keys that this store was used with, in order. */
async function knownVersions(catalog: CatalogStore): Promise<readonly number[]> {
  const { items } = await catalog.list<MasterKeyRecord>('setting', {
    parent: MASTER_KEY_PARENT,
    limit: MASTER_KEY_VERSION_MAX,
  });
  return items.map(({ value }) => value.version).sort((a, b) => a - b);
}

/** A version that none of them has. */
function nextOf(known: readonly number[]): number {
  const next = (known.at(-1) ?? 0) + 1;
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
