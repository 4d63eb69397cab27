/** The side of rate limits of the composition root: where they are kept, and what they are. */
import { join } from 'node:path';
import { openSqliteRates } from './adapters/sqlite-rates/store.ts';
import type { Settings } from './config/settings.ts';
import { freeDeadSlots } from './jobs/rate-recovery.ts';
import { rateTable, type RateTable } from './keeper/rate-table.ts';
import { RequestLimits } from './keeper/request-limits.ts';
import type { Clock } from './ports/clock.ts';
import type { InstanceLocks } from './ports/instance-locks.ts';
import type { RateStore } from './ports/rate-store.ts';
import type { Telemetry } from './ports/telemetry.ts';

export interface RatesParts {
  readonly instanceId: string;
  readonly locks: InstanceLocks;
  readonly clock: Clock;
  readonly log: Telemetry['log'];
  readonly onFatal: (error: Error) => void;
  /** Opens them beside the stores; undefined: in a file of the data directory. */
  readonly openRates: (() => RateStore) | undefined;
  /** Puts something between the server and the store; tests make it fail this way. */
  readonly wrapRates?: (rates: RateStore) => RateStore;
}

export interface Rates {
  readonly rates: RateStore;
  /** The limits of requests to the API, as the settings have them. */
  readonly limits: RequestLimits;
  /** Frees what dead instances hold. A store that fails is left for the next time. */
  readonly freeSlots: () => Promise<void>;
  /** Gives back what this instance still holds, and closes the store. Never rejects. */
  readonly close: () => Promise<void>;
}

/** Opens the store of rates: beside the others, or in a file of the data directory. */
export async function openRates(settings: Settings, parts: RatesParts): Promise<Rates> {
  const { instanceId, locks, clock, log, onFatal } = parts;
  const opened =
    parts.openRates?.() ??
    (await openSqliteRates({ path: join(settings.dataDir, 'rates.db'), onFatal }));
  const rates = parts.wrapRates?.(opened) ?? opened;
  return {
    rates,
    limits: new RequestLimits({ rates, clock, log, table: tableOf(settings) }),
    freeSlots: async () => {
      try {
        const instances = await freeDeadSlots({ rates, locks });
        if (instances > 0) log('info', 'Slots of dead instances were freed.', { instances });
      } catch (error) {
        log('warn', 'Slots of dead instances could not be freed; it will be tried again.', {
          cause: error instanceof Error ? error.message : String(error),
        });
      }
    },
    close: async () => {
      // Where it fails, whoever sweeps next does it.
      await opened.endInstance(instanceId).catch(() => undefined);
      await opened.close();
    },
  };
}

function tableOf(settings: Settings): RateTable {
  return rateTable(settings.rateLimitPreset, {
    token: settings.rateLimitTokenPerMinute,
    refresh: settings.rateLimitRefreshPerMinute,
    revoke: settings.rateLimitRevokePerMinute,
    provisioning: settings.rateLimitProvisioningPerHour,
    rotate: settings.rateLimitRotatePerHour,
    aggregates: settings.rateLimitAggregatesPerMinute,
    model_selection: settings.rateLimitModelSelectionPerMinute,
    usage: settings.rateLimitUsagePerMinute,
    usage_batch: settings.rateLimitUsageBatchPerMinute,
    management: settings.rateLimitManagementPerMinute,
  });
}
