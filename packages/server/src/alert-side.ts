/**
 * The side of alerts of the composition root: the stores as everything else gets them, so that
 * whatever is posted is noticed, and what sends messages to webhooks.
 */
import { webhookSender } from './adapters/webhook/webhook-sender.ts';
import type { WebhookDesk } from './admin/webhooks.ts';
import type { Settings } from './config/settings.ts';
import type { MasterKeys } from './credentials/master-keys.ts';
import { masterKeyBox } from './credentials/secret-box.ts';
import { AlertDelivery } from './jobs/alert-delivery.ts';
import { AlertSweep } from './jobs/alert-sweep.ts';
import { AlertBook } from './keeper/alerts/alert-book.ts';
import { AlertWatch, watchedLedger } from './keeper/alerts/alert-watch.ts';
import { Courier } from './keeper/alerts/courier.ts';
import { Outbox } from './keeper/alerts/outbox.ts';
import { Forecasts } from './keeper/forecast.ts';
import type { Clock } from './ports/clock.ts';
import type { Ids } from './ports/ids.ts';
import type { Stores } from './ports/stores.ts';
import type { Telemetry } from './ports/telemetry.ts';

export interface AlertParts {
  readonly instanceId: string;
  readonly stores: Stores;
  readonly masterKeys: MasterKeys;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Telemetry['log'];
  /** Version of the product, as receivers see it. */
  readonly version: string;
}

export interface Alerts {
  /** The stores, watched: to be used in place of those given. */
  readonly stores: Stores;
  readonly forecasts: Forecasts;
  readonly webhooks: WebhookDesk;
  /** Looks for what was missed, and sends what is in the outbox, from now on. */
  start(): void;
  /** Resolves when nothing is being sent any more. */
  stop(): Promise<void>;
}

/** Puts the parts of alerts together. Nothing is sent before `start`. */
export function openAlerts(settings: Settings, parts: AlertParts): Alerts {
  const { stores, masterKeys, ids, log, version } = parts;
  const box = masterKeyBox(masterKeys, ids);
  const { ledger, catalog } = stores;
  const outbox = new Outbox(catalog);
  const shared = { ...parts, box, catalog, outbox };
  const sender = webhookSender({
    timeoutMs: settings.webhookTimeoutMs,
    privateAddresses: settings.webhookPrivateAddresses,
  });
  const courier = new Courier({
    ...shared,
    sender,
    settings: {
      timeoutMs: settings.webhookTimeoutMs,
      triesMax: settings.webhookTriesMax,
      backoffMs: settings.webhookBackoffMs,
      userAgent: `Tollkeeper/${version}`,
    },
  });
  const everyMs = settings.alertSweepIntervalMs;
  const delivery = new AlertDelivery({ ...shared, courier, everyMs });
  const book = new AlertBook({ ...shared, onQueued: () => delivery.wake() });
  const watch = new AlertWatch({ book, log });
  const historyDays = settings.webhookHistoryDays;
  const sweep = new AlertSweep({ ...shared, ledger, book, watch, everyMs, historyDays });
  return {
    stores: { ...stores, ledger: watchedLedger(ledger, watch) },
    forecasts: new Forecasts({ ledger, clock: parts.clock }),
    webhooks: { outbox, courier, box, problemOf: (url) => sender.problemOf(url) },
    start() {
      sweep.start();
      delivery.wake();
    },
    async stop() {
      sweep.stop();
      await watch.idle();
      await delivery.stop();
    },
  };
}
