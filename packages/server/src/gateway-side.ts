/** Puts the data plane together: its ports, its limits and the parts that every call shares. */
import type { Catalogue } from '@tollkeeper/core';
import { ownedModels, upstreamOf, type FixedCredentials } from './bedrock-side.ts';
import type { Settings } from './config/settings.ts';
import { CredentialAuthority } from './credentials/authority.ts';
import type { MasterKeys } from './credentials/master-keys.ts';
import type { PeopleAuthority } from './credentials/people/people-authority.ts';
import { SigningKeys } from './credentials/sigv4/signing-keys.ts';
import { AdmissionQueue } from './gateway/admission-queue.ts';
import { NO_CRASH, type ReachCrashPoint } from './gateway/crash-point.ts';
import type { Gateway } from './gateway/gateway.ts';
import { gatewayIdOf } from './gateway/gateway-id.ts';
import { LabelTargets } from './gateway/label-targets.ts';
import { RateLimiter } from './gateway/rate-limiter.ts';
import { RefusalLog } from './gateway/refusal-log.ts';
import { RunningCalls } from './gateway/running-calls.ts';
import { SettlementQueue } from './gateway/settlement-queue.ts';
import { BufferedBytes } from './http/body.ts';
import type { Keeper } from './keeper/keeper.ts';
import type { Clock } from './ports/clock.ts';
import type { Ids } from './ports/ids.ts';
import type { RateStore } from './ports/rate-store.ts';
import type { Stores } from './ports/stores.ts';
import type { Telemetry } from './ports/telemetry.ts';
import type { PriceHome } from './prices/price-home.ts';

export interface GatewayParts {
  readonly settings: Settings;
  readonly instanceId: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly stores: Stores;
  readonly keeper: Keeper;
  readonly people: PeopleAuthority;
  readonly rates: RateStore;
  readonly catalogue: Catalogue;
  readonly prices: PriceHome;
  readonly masterKeys: MasterKeys;
  readonly telemetry: Telemetry;
  readonly demo?: { readonly crash?: ReachCrashPoint; readonly credentials: FixedCredentials };
}

/** The gateway as it runs. */
export async function buildGateway(parts: GatewayParts): Promise<Gateway> {
  const { settings, clock, ids, stores, keeper, catalogue, telemetry, demo } = parts;
  return {
    gatewayId: await gatewayIdOf(stores.catalog, ids),
    instanceId: parts.instanceId,
    settings: {
      ...settings,
      demo: demo !== undefined,
      encrypted: settings.tlsCertFile !== null,
    },
    clock,
    ids,
    authority: new CredentialAuthority({
      catalog: stores.catalog,
      clock,
      defaults: keeper.defaults,
    }),
    people: parts.people,
    masterKeys: parts.masterKeys,
    signingKeys: new SigningKeys(),
    ledger: stores.ledger,
    upstream: upstreamOf(settings, demo?.credentials),
    prices: parts.prices,
    models: catalogue.models,
    owned: ownedModels(settings, clock, demo?.credentials),
    labels: new LabelTargets(keeper.labels),
    keeper: { ledger: stores.ledger, sticky: keeper.sticky, quotas: keeper.quotas },
    telemetry,
    buffered: new BufferedBytes(settings.bufferedBytesMax),
    waiting: new AdmissionQueue(clock, settings.admissionQueueMax),
    limiter: new RateLimiter({ rates: parts.rates, clock, instanceId: parts.instanceId }),
    running: new RunningCalls({
      max: settings.streamsMax,
      drainMax: settings.drainMax,
      drainMs: settings.drainMsMax,
    }),
    settlements: new SettlementQueue(stores.ledger, clock, telemetry),
    refusals: new RefusalLog({
      ...{ store: stores.refusals, clock, ids, log: telemetry.log },
      rowsMax: settings.refusalRowsMax,
    }),
    crash: demo?.crash ?? NO_CRASH,
  };
}
