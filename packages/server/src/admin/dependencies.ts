/** What the control plane is built from. Everything that varies comes in here. */
import type { CredentialAuthority } from '../credentials/authority.ts';
import type { OAuth } from '../credentials/oauth.ts';
import type { MasterKeys } from '../credentials/master-keys.ts';
import type { PeopleAuthority } from '../credentials/people/people-authority.ts';
import type { RequestLimits } from '../keeper/request-limits.ts';
import type { Forecasts } from '../keeper/forecast.ts';
import type { Keeper } from '../keeper/keeper.ts';
import type { SubmissionParts } from '../keeper/submission.ts';
import type { DailyCosts } from '../jobs/daily-costs.ts';
import type { Rerates } from '../jobs/rerate.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { RefusalStore } from '../ports/refusal-store.ts';
import type { Surroundings } from '../ports/surroundings.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { PriceHome } from '../prices/price-home.ts';
import type { LiveTail } from './live-tail.ts';
import type { ProvisionedDesk } from './provisioned-world.ts';
import type { WebhookDesk } from './webhooks.ts';

export interface AdminDependencies {
  readonly ledger: LedgerStore;
  readonly catalog: CatalogStore;
  readonly refusals: RefusalStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly credentials: CredentialAuthority;
  /** Who people are that signed in at a trusted issuer. */
  readonly people: PeopleAuthority;
  /** How many requests each credential may send. */
  readonly limits: RequestLimits;
  /** Clients and their tokens. */
  readonly oauth: OAuth;
  /** What secrets of access keys are derived from. */
  readonly masterKeys: MasterKeys;
  readonly prices: PriceHome;
  readonly rerates: Rerates;
  readonly dailyCosts: DailyCosts;
  /** Configurations, quotas and labels. */
  readonly keeper: Keeper;
  /** What submitted usage is taken by. */
  readonly submissions: SubmissionParts;
  /** When budgets will be spent at the present rate. */
  readonly forecasts: Forecasts;
  readonly webhooks: WebhookDesk;
  /** What is made in the AWS account. */
  readonly provisioned: ProvisionedDesk;
  /** Version of the product. */
  readonly version: string;
  /** Called after every change of the catalogue by this process. */
  readonly onCatalogChanged: () => void;
  readonly log: Telemetry['log'];
  /** Where usage can be listened to as it happens. */
  readonly tail: LiveTail;
  /** What `tollkeeper doctor` asks. */
  readonly surroundings: Surroundings;
}
