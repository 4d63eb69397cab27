/** What tests of clients and tokens stand on: a catalogue in memory and a clock that they move. */
import { memoryCatalog } from '../../src/adapters/memory/catalog.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { scryptHash } from '../../src/credentials/clients/slow-hash.ts';
import {
  mintMasterKey,
  parseMasterKeys,
  type MasterKeys,
} from '../../src/credentials/master-keys.ts';
import { oauthOf, type OAuth, type OAuthParts } from '../../src/credentials/oauth.ts';
import { masterKeyBox } from '../../src/credentials/secret-box.ts';
import type { CatalogStore } from '../../src/ports/catalog-store.ts';
import type { Ids } from '../../src/ports/ids.ts';
import { testClock, type TestClock } from '../admin/control-plane.ts';

export interface Surroundings {
  readonly catalog: CatalogStore;
  readonly clock: TestClock;
  readonly ids: Ids;
}

export function surroundings(): Surroundings {
  const clock = testClock();
  return { catalog: memoryCatalog(), clock, ids: systemIds(clock) };
}

/** Master keys of these versions. */
export function masterKeysOf(ids: Ids, ...versions: readonly number[]): MasterKeys {
  const text = versions.map((version) => mintMasterKey(ids, version)).join('\n');
  const parsed = parseMasterKeys(text);
  if (parsed.kind !== 'keys') throw new Error(parsed.problem);
  return parsed.keys;
}

/** A process with a cheap hash, over what several may share. */
export function aProcess(
  { catalog, clock, ids }: Surroundings,
  over: Partial<OAuthParts> = {},
): OAuth {
  return oauthOf({
    ...{ catalog, clock, ids, retrievalMs: 600_000, hash: scryptHash(2) },
    box: masterKeyBox(masterKeysOf(ids, 1), ids),
    terms: { issuer: 'tollkeeper', accessSeconds: 3_600, refreshSeconds: 604_800 },
    bounds: { runningMax: 2, waitingMax: 100, failuresMax: 10 },
    ...over,
  });
}
