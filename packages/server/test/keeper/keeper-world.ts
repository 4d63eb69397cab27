/** A cost keeper over the stores in memory, with a clock that tests set. */
import { NO_USAGE, type EntryDraft } from '@tollkeeper/core';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import type { ApplicationRecord, OrganizationRecord } from '../../src/catalog/records.ts';
import { applicationDocument } from '../../src/catalog/records.ts';
import { keeperOf, type KeeperSettings } from '../../src/keeper/keeper.ts';
import { DEVELOPMENT_LABELS } from '../../src/config/model-labels.ts';
import type { CatalogStore } from '../../src/ports/catalog-store.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** 2026-11-22T14:33:00Z. */
export const NOW = Date.UTC(2026, 10, 22, 14, 33);
export const ORG = '0199a0b0-0000-7000-8000-00000000000a';

/** An organization with quotas of 10, 5 and 2 USD a day. */
export const ORGANIZATION: OrganizationRecord = {
  org_id: ORG,
  org_name: 'Acme',
  timezone: 'America/New_York',
  rate_limits: {},
  key_policy: {},
  quota_scope: 'ORG',
  model_ordering: ['premium', 'standard', 'economy'],
  quotas: { premium: 10_000_000, standard: 5_000_000, economy: 2_000_000 },
  overrides: null,
  created_at: '2026-11-01T00:00:00.000Z',
  updated_at: '2026-11-01T00:00:00.000Z',
};

/** An application that states nothing but its name. */
export function application(
  app_id: string,
  change: Partial<ApplicationRecord> = {},
): ApplicationRecord {
  return {
    org_id: ORG,
    app_id,
    app_name: app_id,
    rate_limits: {},
    model_ordering: null,
    quotas: null,
    overrides: null,
    created_at: '2026-11-01T00:00:00.000Z',
    updated_at: '2026-11-01T00:00:00.000Z',
    ...change,
  };
}

export interface KeeperWorld {
  readonly clock: Clock & { set(at: number): void };
  readonly catalog: CatalogStore;
  readonly ledger: ReturnType<typeof memoryStore>['ledger'];
  readonly keeper: ReturnType<typeof keeperOf>;
  putOrganization(change?: Partial<OrganizationRecord>): Promise<void>;
  putApplication(app_id: string, change?: Partial<ApplicationRecord>): Promise<void>;
  /** Usage of a label that was reported after the fact; pico-USD. */
  spend(label: string, pico: bigint, over?: Partial<EntryDraft>): Promise<void>;
}

export function keeperWorld(settings: Partial<KeeperSettings> = {}): KeeperWorld {
  let now = NOW;
  const clock = {
    now: () => now,
    monotonic: () => now,
    after: () => ({ cancel: () => undefined }),
    set: (at: number) => void (now = at),
  };
  const { catalog, ledger } = memoryStore();
  const all = {
    ...{ modelLabels: DEVELOPMENT_LABELS, meteringDefaults: {}, organizationDefaults: {} },
    ...{ region: 'us-east-1', ...settings },
  };
  let entries = 0;
  return {
    ...{ clock, catalog, ledger, keeper: keeperOf({ catalog, ledger, clock, settings: all }) },
    putOrganization: async (change = {}) => {
      const value = { ...ORGANIZATION, ...change };
      await catalog.put({ kind: 'organization', id: value.org_id, parent: '', value });
    },
    putApplication: async (app_id, change = {}) => {
      const id = applicationDocument(ORG, app_id);
      const value = application(app_id, change);
      await catalog.put({ kind: 'application', id, parent: ORG, value });
    },
    spend: async (label, pico, over = {}) => {
      entries += 1;
      const entry = { ...anEntry(`${ORG}/${entries}`, now), label, cost: pico, ...over };
      await ledger.record({
        ...{ instance_id: 'test', entry, at: entry.started_at, cause: 'submitted' },
        postings: {
          usd: { amount: pico, ceiling: 0n },
          tokens: { amount: 1n, ceiling: 0n },
          requests: { amount: 1n, ceiling: 0n },
        },
      });
    },
  };
}

function anEntry(id: string, at: number): EntryDraft {
  return {
    ...{ entry_id: id, entry_type: 'submission', corrects_entry_id: null, attempt_id: id },
    ...{ request_id: id, upstream_request_id: null, invocation_id: null, source: 'submitted' },
    ...{ org_id: ORG, app_id: 'web', user_id: null, key_id: null, label: null },
    ...{ model_id: 'amazon.nova-pro-v1:0', region: 'us-east-1', operation: 'Submitted' },
    ...{ tier: 'standard', streamed: false, outcome: 'ok', usage: NO_USAGE },
    ...{ usage_source: 'reported', usage_reason: null, priced: 'yes', price_version: 'p' },
    ...{ price_basis: null, price_layers: [], charges: [], cost: 0n, ceiling: null },
    ...{ started_at: at, ended_at: at, latency_ms: 0, time_to_first_token_ms: null, tags: {} },
  };
}
