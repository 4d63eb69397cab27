/**
 * Raises alerts, each once, whatever the number of processes: the document of a threshold, budget
 * and window can be created only once, and whoever creates it tells the log and puts a message for
 * every webhook into the outbox. Until that is done the document says so, and a sweep does it in
 * place of a process that died in between.
 */
import type { Reached } from '@tollkeeper/core';
import {
  ALERT_UNSENT,
  alertDocument,
  type AlertRecord,
  type WebhookRecord,
} from '../../catalog/alert-records.ts';
import type { CatalogStore } from '../../ports/catalog-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { BudgetState } from '../../ports/ledger-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { alertBody, factsOf, THRESHOLD_REACHED } from './alert-message.ts';
import { newDelivery, type Outbox } from './outbox.ts';

/** Webhooks of one organization. */
export const WEBHOOKS_MAX = 20;

/** How long the process that raised an alert is left to send it, in milliseconds. */
const OWN_TIME_MS = 5_000;
const PART_MAX = 1000;
/** How long after its window an alert is remembered: usage may be reported late. */
const KEPT_MS = 90 * 86_400_000;

export interface AlertBookParts {
  readonly catalog: CatalogStore;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Telemetry['log'];
  /** Called when there is something new in the outbox. */
  readonly onQueued: () => void;
}

export class AlertBook {
  readonly #parts: AlertBookParts;

  constructor(parts: AlertBookParts) {
    this.#parts = parts;
  }

  /**
   * Raises the alert of every threshold that a state has reached, unless it was raised already.
   * Rejects when the store does; repeating it is safe.
   */
  async raise(state: BudgetState, { reached }: Pick<Reached, 'reached'>): Promise<void> {
    for (const pct of reached) await this.#raiseOne(state, pct);
  }

  /** Sends what a process that died has raised and not sent. */
  async sendUnsent(): Promise<void> {
    const before = this.#parts.clock.now() - OWN_TIME_MS;
    const { items } = await this.#parts.catalog.list<AlertRecord>('alert', {
      parent: ALERT_UNSENT,
      limit: PART_MAX,
    });
    for (const { id, value, revision } of items) {
      if (value.raised_at <= before) await this.#send(id, value, revision);
    }
  }

  /** Forgets alerts of windows that are long over. */
  async forget(): Promise<void> {
    const before = this.#parts.clock.now() - KEPT_MS;
    let cursor: string | undefined;
    do {
      const page = await this.#parts.catalog.list<AlertRecord>('alert', {
        limit: PART_MAX,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const { id, value } of page.items) {
        if (value.resets_at === null || value.resets_at >= before) continue;
        await this.#parts.catalog.remove('alert', id, { quiet: true });
      }
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  async #raiseOne(state: BudgetState, pct: number): Promise<void> {
    const { catalog } = this.#parts;
    const alert = this.#alertOf(state, pct);
    const id = alertDocument(alert.budget_id, alert.window_start, pct);
    const put = await catalog.put({
      kind: 'alert',
      id,
      parent: ALERT_UNSENT,
      value: alert,
      expected: 0,
      quiet: true,
    });
    if (put.kind === 'put') await this.#send(id, alert, put.revision);
  }

  /** Repeating it adds no message twice: what is done with is known by its document. */
  async #send(id: string, alert: AlertRecord, revision: number): Promise<void> {
    const { catalog, outbox, log, onQueued } = this.#parts;
    log('warn', 'A budget has reached an alert threshold.', factsOf(alert));
    const { items } = await catalog.list<WebhookRecord>('webhook', {
      parent: alert.org_id,
      limit: WEBHOOKS_MAX,
    });
    const webhooks = items.map(({ value }) => value).filter(({ enabled }) => enabled);
    for (const webhook of webhooks) {
      await outbox.add(
        newDelivery(webhook, {
          message_id: `msg_${alert.alert_id}`,
          event_type: THRESHOLD_REACHED,
          body: alertBody(alert),
          created_at: alert.raised_at,
        }),
      );
    }
    const sent = { kind: 'alert', id, parent: alert.org_id, value: alert, quiet: true } as const;
    await catalog.put({ ...sent, expected: revision });
    if (webhooks.length > 0) onQueued();
  }

  #alertOf({ budget, balance, window_start, resets_at }: BudgetState, pct: number): AlertRecord {
    const { clock, ids } = this.#parts;
    const { budget_id, scope, match, limit, mode, window, timezone } = budget;
    return {
      alert_id: ids.uuid(),
      raised_at: clock.now(),
      org_id: scope.org_id,
      budget_id,
      scope,
      match,
      threshold_pct: pct,
      unit: limit.unit,
      limit: limit.amount.toString(),
      posted: balance.posted.toString(),
      mode,
      window,
      timezone,
      window_start,
      resets_at,
    };
  }
}
