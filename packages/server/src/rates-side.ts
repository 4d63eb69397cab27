/** The side of rate limits of the composition root: where they are kept, and what they are. */
import { join } from 'node:path';
import { openSqliteRates } from './adapters/sqlite-rates/store.ts';
import type { Settings } from './config/settings.ts';
import { freeDeadSlots, type RateRecoveryParts } from './jobs/rate-recovery.ts';
import { rateTable } from './keeper/rate-table.ts';
import { RequestLimits } from './keeper/request-limits.ts';
import type { Clock } from './ports/clock.ts';
import type { RateStore } from './ports/rate-store.ts';
import type { Telemetry } from './ports/telemetry.ts';

export interface RatesParts {
  readonly settings: Settings;
  readonly instanceId: string;
  readonly onFatal: (error: Error) => void;
  /** Puts something between the server and the store; tests make it fail this way. */
  readonly wrap?: ((rates: RateStore) => RateStore) | undefined;
}

export interface Rates {
  readonly rates: RateStore;
  /** Gives back what this instance still holds, and closes the store. Never rejects. */
  close(): Promise<void>;
}

/** Opens the store of rates of the data directory, which exists. */
export function openRates({ settings, instanceId, onFatal, wrap }: RatesParts): Rates {
  const opened = openSqliteRates({ path: join(settings.dataDir, 'rates.db'), onFatal });
  const rates = wrap?.(opened) ?? opened;
  return {
    rates,
    close: async () => {
      // Whoever sweeps next does it otherwise.
      await opened.endInstance(instanceId).catch(() => undefined);
      await opened.close();
    },
  };
}

/** The limits of requests to the API, as the settings have them. */
export function requestLimits(
  settings: Settings,
  parts: { readonly rates: RateStore; readonly clock: Clock; readonly log: Telemetry['log'] },
): RequestLimits {
  const table = rateTable(settings.rateLimitPreset, {
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
  return new RequestLimits({ ...parts, table });
}

/** Frees what dead instances hold. A store that fails is left for the next time. */
export async function freeDeadRates(
  parts: RateRecoveryParts & { readonly log: Telemetry['log'] },
): Promise<void> {
  try {
    const instances = await freeDeadSlots(parts);
    if (instances > 0) parts.log('info', 'Slots of dead instances were freed.', { instances });
  } catch (error) {
    parts.log('warn', 'Slots of dead instances could not be freed; it will be tried again.', {
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}
