/** What holds where neither an application nor its organization says otherwise. */

/** How usage is metered and advice is given. */
export interface MeteringDefaults {
  readonly agg_shard_count: number;
  /** From which hundredth of a quota on it is tight. */
  readonly tight_mode_threshold_pct: number;
  readonly sticky_fallback_enabled: boolean;
  readonly refresh_interval_normal_secs: number;
  readonly refresh_interval_tight_secs: number;
  /** How much of a quota may be left when it counts as spent, in hundredths of it. */
  readonly spent_tail_pct: number;
}

/** What the product itself says. */
export const METERING_DEFAULTS: MeteringDefaults = Object.freeze({
  agg_shard_count: 8,
  tight_mode_threshold_pct: 95,
  sticky_fallback_enabled: true,
  refresh_interval_normal_secs: 300,
  refresh_interval_tight_secs: 60,
  spent_tail_pct: 1,
});

/** What organizations get that do not say it themselves; only what the settings file states. */
export interface OrganizationDefaults {
  readonly timezone?: string;
  readonly quota_scope?: 'ORG' | 'APP';
  readonly model_ordering?: readonly string[];
  /** Micro-USD a day by label. */
  readonly quotas?: Readonly<Record<string, number>>;
}

/** The metering defaults that the settings file states; the others are the product's. */
export type StatedMetering = Partial<MeteringDefaults>;

export interface KeeperDefaults {
  readonly metering: StatedMetering;
  readonly organization: OrganizationDefaults;
}

/** Of settings that state nothing. */
export const NO_DEFAULTS: KeeperDefaults = Object.freeze({ metering: {}, organization: {} });
