/** The parts of the cost keeper that both planes use, made once a process. */
import type { Settings } from '../config/settings.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { KeeperDefaults } from '../config/keeper-defaults.ts';
import { EffectiveConfigs } from './effective.ts';
import type { ModelLabels } from '../config/model-labels.ts';
import { QuotaBudgets } from './quota-budgets.ts';
import { StickyStates } from './sticky.ts';

export interface Keeper {
  readonly labels: ModelLabels;
  readonly defaults: KeeperDefaults;
  readonly configs: EffectiveConfigs;
  readonly sticky: StickyStates;
  readonly quotas: QuotaBudgets;
  /** The gateway's region, whose prices are shown. */
  readonly region: string;
}

/** Settings that the cost keeper runs by. */
export type KeeperSettings = Pick<
  Settings,
  'modelLabels' | 'meteringDefaults' | 'organizationDefaults' | 'region'
>;

/** What the settings say where nobody else does. */
export function keeperDefaults(settings: KeeperSettings): KeeperDefaults {
  return { metering: settings.meteringDefaults, organization: settings.organizationDefaults };
}

export function keeperOf(parts: {
  readonly catalog: CatalogStore;
  readonly ledger: LedgerStore;
  readonly clock: Clock;
  readonly settings: KeeperSettings;
}): Keeper {
  const { settings, ...stores } = parts;
  const defaults = keeperDefaults(settings);
  return {
    labels: settings.modelLabels,
    defaults,
    configs: new EffectiveConfigs({ ...stores, defaults }),
    sticky: new StickyStates(stores),
    quotas: new QuotaBudgets({ ...stores, defaults, labels: settings.modelLabels }),
    region: settings.region,
  };
}
