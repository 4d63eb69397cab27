/** The side of the cost keeper of the composition root: what submissions are taken by. */
import { profileResources, type FixedCredentials } from './bedrock-side.ts';
import type { Settings } from './config/settings.ts';
import type { Keeper } from './keeper/keeper.ts';
import { ProfileModels } from './keeper/profile-models.ts';
import type { SubmissionParts } from './keeper/submission.ts';
import { SubmissionScopes } from './keeper/submission-scope.ts';
import type { CatalogStore } from './ports/catalog-store.ts';
import type { Clock } from './ports/clock.ts';
import type { LedgerStore } from './ports/ledger-store.ts';
import type { Telemetry } from './ports/telemetry.ts';
import type { PriceHome } from './prices/price-home.ts';

export interface SubmissionSideParts {
  readonly settings: Settings;
  readonly instanceId: string;
  readonly keeper: Keeper;
  readonly ledger: LedgerStore;
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly prices: PriceHome;
  readonly log: Telemetry['log'];
  /** AWS credentials of a demo. */
  readonly fixed: FixedCredentials | undefined;
}

/** One per process. Nothing is read or written yet. */
export function openSubmissions(parts: SubmissionSideParts): SubmissionParts {
  const { settings, keeper, catalog, ledger, clock, prices, log, instanceId, fixed } = parts;
  const { configs, labels, quotas } = keeper;
  return {
    ...{ instanceId, ledger, clock, prices, quotas },
    scopes: new SubmissionScopes({ catalog, configs, labels }),
    profiles: new ProfileModels({ resources: profileResources(settings, fixed), clock, log }),
    region: settings.region,
  };
}
