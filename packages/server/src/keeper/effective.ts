/**
 * The effective configuration: what holds for an application (or for an organization by itself)
 * once its own settings, its organization's, the settings file's and the product's defaults are
 * laid over each other, and where each value comes from.
 */
import {
  applicationDocument,
  type ApplicationRecord,
  type OrganizationRecord,
} from '../catalog/records.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';
import {
  METERING_DEFAULTS,
  type KeeperDefaults,
  type MeteringDefaults,
} from '../config/keeper-defaults.ts';

/** Who says what holds. */
export type ConfigSource = 'application' | 'organization' | 'file' | 'default';

/** Members of the configuration that have a source, by their names in the API. */
export type ConfigMember =
  'org_name' | 'app_name' | 'timezone' | 'quota_scope' | 'model_ordering' | 'quotas' | MeteringName;
type MeteringName = keyof MeteringDefaults;

export interface EffectiveConfig {
  readonly org_id: string;
  /** Null: the organization by itself. */
  readonly app_id: string | null;
  /** False: nobody registered the application, and it runs on the organization's settings. */
  readonly app_registered: boolean;
  readonly org_name: string | null;
  readonly app_name: string | null;
  /** IANA time zone whose days the quotas are of. */
  readonly timezone: string;
  /** Whose quotas count. */
  readonly quota_scope: 'ORG' | 'APP';
  /** Labels, best first; empty for an organization that only uses the gateway. */
  readonly ordering: readonly string[];
  /** The ordering along which the sticky label moves: that of the scope whose quotas count. */
  readonly sticky_ordering: readonly string[];
  /** Micro-USD a day for each label of both orderings, in the scope that counts. */
  readonly quotas: ReadonlyMap<string, number>;
  readonly tight_threshold_pct: number;
  readonly agg_shard_count: number;
  readonly sticky_enabled: boolean;
  readonly refresh_normal_secs: number;
  readonly refresh_tight_secs: number;
  readonly spent_tail_pct: number;
  readonly sources: Readonly<Record<ConfigMember, ConfigSource>>;
}

interface Sourced<T> {
  readonly value: T;
  readonly source: ConfigSource;
}

/** Lays the settings over each other. `application` is undefined when nobody registered it. */
export function effectiveConfig(
  organization: OrganizationRecord,
  application: ApplicationRecord | undefined,
  appId: string | null,
  defaults: KeeperDefaults,
): EffectiveConfig {
  const of = { organization, application, defaults };
  const { organization: file } = defaults;
  const metering = meteringOf(of);
  const scope = first<'ORG' | 'APP'>('APP', [
    ['organization', organization.quota_scope],
    ['file', file.quota_scope],
  ]);
  const orgOrdering = first<readonly string[]>(
    [],
    [
      ['organization', organization.model_ordering],
      ['file', file.model_ordering],
    ],
  );
  // An application has labels of its own only where its organization has some.
  const own = orgOrdering.value.length === 0 ? null : application?.model_ordering;
  const ordering = first(orgOrdering.value, [['application', own]]);
  const isOwn = ordering.source === 'application';
  const quotas = quotasOf(of, scope.value, isOwn ? ordering.value : orgOrdering.value);
  const counted = scope.value === 'APP' ? ordering.value : orgOrdering.value;
  const sources: EffectiveConfig['sources'] = {
    ...sourcesOf(metering),
    org_name: organization.org_name === null ? 'default' : 'organization',
    app_name: (application?.app_name ?? null) === null ? 'default' : 'application',
    timezone: organization.timezone_source ?? 'organization',
    quota_scope: scope.source,
    model_ordering: isOwn ? 'application' : orgOrdering.source,
    quotas: quotas.source,
  };
  return Object.freeze({
    org_id: organization.org_id,
    app_id: appId,
    app_registered: application !== undefined,
    org_name: organization.org_name,
    app_name: application?.app_name ?? null,
    timezone: organization.timezone,
    quota_scope: scope.value,
    ordering: ordering.value,
    sticky_ordering: counted,
    quotas: limitsOf([...counted, ...ordering.value], quotas.value),
    ...membersOf(metering),
    sources,
  });
}

/** A label that lost its quota may be spent on by nobody; it is not free. */
function limitsOf(
  labels: readonly string[],
  quotas: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> {
  return new Map([...new Set(labels)].map((label) => [label, quotas[label] ?? 0]));
}

function membersOf(metering: Metering) {
  return {
    tight_threshold_pct: metering.tight_mode_threshold_pct.value,
    agg_shard_count: metering.agg_shard_count.value,
    sticky_enabled: metering.sticky_fallback_enabled.value,
    refresh_normal_secs: metering.refresh_interval_normal_secs.value,
    refresh_tight_secs: metering.refresh_interval_tight_secs.value,
    spent_tail_pct: metering.spent_tail_pct.value,
  };
}

interface Layers {
  readonly organization: OrganizationRecord;
  readonly application: ApplicationRecord | undefined;
  readonly defaults: KeeperDefaults;
}

/** The first value that is there, with who says so; otherwise the product's. */
function first<T>(
  fallback: T,
  layers: readonly (readonly [ConfigSource, T | null | undefined])[],
): Sourced<T> {
  for (const [source, value] of layers) {
    if (value !== null && value !== undefined) return { value, source };
  }
  return { value: fallback, source: 'default' };
}

/**
 * The quotas that count. Under `APP` an application's own come before its organization's, label by
 * label; under `ORG` those of applications count for nothing.
 */
function quotasOf(
  { organization, application, defaults }: Layers,
  scope: 'ORG' | 'APP',
  ordering: readonly string[],
): Sourced<Readonly<Record<string, number>>> {
  const shared = first<Readonly<Record<string, number>>>({}, [
    ['organization', organization.quotas],
    ['file', defaults.organization.quotas],
  ]);
  const own = scope === 'APP' ? application?.quotas : undefined;
  if (own === null || own === undefined) return shared;
  const value = { ...shared.value, ...own };
  const isOwn = ordering.some((label) => Object.hasOwn(own, label));
  return { value, source: isOwn ? 'application' : shared.source };
}

type Metering = { readonly [N in MeteringName]: Sourced<MeteringDefaults[N]> };

/** What an override of the API decides; members that are not here come from file and product. */
const OVERRIDES: Partial<Record<MeteringName, string>> = {
  tight_mode_threshold_pct: 'tight_mode_threshold_pct',
  refresh_interval_tight_secs: 'refresh_interval_secs',
  sticky_fallback_enabled: 'sticky_fallback_enabled',
  agg_shard_count: 'agg_shard_count',
};
/** What an application may decide for itself. */
const OF_APPLICATIONS: readonly MeteringName[] = [
  'tight_mode_threshold_pct',
  'refresh_interval_tight_secs',
];

function meteringOf({ organization, application, defaults }: Layers): Metering {
  const names = Object.keys(METERING_DEFAULTS) as MeteringName[];
  const entries = names.map((name) => {
    const override = OVERRIDES[name];
    const own = OF_APPLICATIONS.includes(name) ? application?.overrides : undefined;
    const found = first<number | boolean>(METERING_DEFAULTS[name], [
      ['application', override === undefined ? undefined : own?.[override]],
      ['organization', override === undefined ? undefined : organization.overrides?.[override]],
      ['file', defaults.metering[name]],
    ]);
    // The number of shards was fixed when the organization was made, whatever the file says now.
    const fixed = name === 'agg_shard_count' ? organization.agg_shard_count : undefined;
    return [name, fixed === undefined ? found : { ...found, value: fixed }];
  });
  // Every name has a value of its own type: overrides were checked when they were written.
  return Object.fromEntries(entries) as Metering;
}

function sourcesOf(metering: Metering): Record<MeteringName, ConfigSource> {
  const entries = Object.entries(metering).map(([name, { source }]) => [name, source]);
  return Object.fromEntries(entries) as Record<MeteringName, ConfigSource>;
}

/** Most configurations kept at once; the one that was added first goes first. */
const KEPT_MAX = 20_000;

/**
 * Effective configurations, kept in memory for the catalogue revision by which they were read. One
 * per process.
 */
export class EffectiveConfigs {
  readonly #catalog: CatalogStore;
  readonly #defaults: KeeperDefaults;
  /** By organization, or organization and application. */
  readonly #kept = new Map<string, EffectiveConfig>();
  #revision = -1;

  constructor(parts: { readonly catalog: CatalogStore; readonly defaults: KeeperDefaults }) {
    this.#catalog = parts.catalog;
    this.#defaults = parts.defaults;
  }

  /** Revision of the catalogue by which all kept configurations were read; -1 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** Drops what was read by an older revision. Older or equal revisions change nothing. */
  refresh(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    this.#kept.clear();
  }

  /**
   * From memory, as of `revision`: good for a caller who learns otherwise when that is no longer
   * the newest one. `appId` null: the organization by itself. Undefined: ask `forApp` or `forOrg`.
   */
  peek(orgId: string, appId: string | null): EffectiveConfig | undefined {
    return this.#kept.get(nameOf(orgId, appId));
  }

  /**
   * As of now: reads the catalogue's revision, unless the caller has just done so and names it.
   * Undefined: there is no such organization.
   */
  forApp(orgId: string, appId: string, revision?: number): Promise<EffectiveConfig | undefined> {
    return this.#read(orgId, appId, revision);
  }

  /** As `forApp`, of the organization by itself. */
  forOrg(orgId: string, revision?: number): Promise<EffectiveConfig | undefined> {
    return this.#read(orgId, null, revision);
  }

  async #read(
    orgId: string,
    appId: string | null,
    known: number | undefined,
  ): Promise<EffectiveConfig | undefined> {
    const revision = known ?? (await this.#catalog.revision());
    this.refresh(revision);
    const kept = this.peek(orgId, appId);
    if (kept !== undefined) return kept;
    const [organization, application] = await Promise.all([
      this.#catalog.get<OrganizationRecord>('organization', orgId),
      appId === null
        ? undefined
        : this.#catalog.get<ApplicationRecord>('application', applicationDocument(orgId, appId)),
    ]);
    if (organization === undefined) return undefined;
    const config = effectiveConfig(organization.value, application?.value, appId, this.#defaults);
    // What was read while the catalogue moved on is good for this answer and no other.
    if (revision === this.#revision) this.#keep(nameOf(orgId, appId), config);
    return config;
  }

  #keep(name: string, config: EffectiveConfig): void {
    if (this.#kept.size >= KEPT_MAX) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    this.#kept.set(name, config);
  }
}

function nameOf(orgId: string, appId: string | null): string {
  return appId === null ? orgId : applicationDocument(orgId, appId);
}
