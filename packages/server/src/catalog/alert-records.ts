/**
 * What the catalogue keeps of alerts: webhooks of organizations, alerts that were raised, messages
 * that are on their way (the outbox) and messages that are done with. Times are milliseconds since
 * the epoch but for those of webhooks, which are RFC 3339 as in all that people write.
 */
import type { BudgetMatch, BudgetScope, BudgetUnit, WindowKind } from '@tollkeeper/core';
import type { WebhookFailure } from '../ports/webhook-sender.ts';

/** A secret of a webhook, sealed. */
export interface WebhookSecret {
  readonly sealed_secret: string;
  /** When messages are no longer signed by it; null: not yet known. */
  readonly expires_at: string | null;
}

/** A webhook; its document is `<org_id>/<webhook_id>`, its parent the organization. */
export interface WebhookRecord {
  readonly org_id: string;
  readonly webhook_id: string;
  /** Made with it: what was sent to another webhook of the same name is not its own. */
  readonly webhook_uid: string;
  readonly url: string;
  readonly description: string | null;
  readonly enabled: boolean;
  /** The present one first. */
  readonly secrets: readonly WebhookSecret[];
  readonly created_at: string;
  readonly updated_at: string;
}

/**
 * A threshold that a budget reached in a window. Its document is
 * `<budget_id>/<window_start>/<pct>`: that there is one means that the alert was raised. Until
 * every webhook's message is in the outbox its parent is `ALERT_UNSENT`; then it is the
 * organization.
 */
export interface AlertRecord {
  readonly alert_id: string;
  readonly raised_at: number;
  readonly org_id: string;
  readonly budget_id: string;
  readonly scope: BudgetScope;
  readonly match: BudgetMatch | null;
  readonly threshold_pct: number;
  readonly unit: BudgetUnit;
  /** Whole numbers of the unit, as text: pico-USD, tokens or requests. */
  readonly limit: string;
  readonly posted: string;
  readonly mode: 'enforce' | 'warn';
  readonly window: WindowKind;
  readonly timezone: string;
  readonly window_start: number;
  readonly resets_at: number | null;
}

/** One attempt to send a message. */
export interface DeliveryAttempt {
  readonly at: number;
  readonly status: number | null;
  /** Why there was no answer; `secret_lost`: it could not be signed, so nothing was sent. */
  readonly error: WebhookFailure | 'secret_lost' | null;
  readonly duration_ms: number;
}

/** Why nothing more is tried: no tries are left, the receiver said 410, the webhook is off. */
export type DeliveryEnd = 'tries_exhausted' | 'gone' | 'disabled';

/**
 * A message to one webhook, in the outbox or done with. Its parent is the webhook's uid, and its
 * document begins with that and a figure that falls with time, so that lists begin with the newest.
 */
export interface DeliveryRecord {
  /** The `webhook-id`: the same for every attempt, by which receivers know repetitions. */
  readonly message_id: string;
  readonly org_id: string;
  readonly webhook_id: string;
  readonly webhook_uid: string;
  readonly event_type: string;
  /** What is sent, to the byte. */
  readonly body: string;
  readonly created_at: number;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly reason: DeliveryEnd | null;
  readonly attempts: readonly DeliveryAttempt[];
  /** Null when it is done with. */
  readonly next_attempt_at: number | null;
  /** Who is sending it, and until when that is believed. */
  readonly claim: { readonly instance_id: string; readonly until: number } | null;
}

/** Up to when everything that was posted has been held against thresholds. */
export interface AlertSweepRecord {
  readonly swept_at: number;
}

/** Parent of alerts whose messages are not all in the outbox yet. */
export const ALERT_UNSENT = 'unsent';

/** Id of the setting that keeps how far sweeps have come. */
export const ALERT_SWEEP_SETTING = 'alert_sweep';

/** Document id of a webhook. */
export function webhookDocument(orgId: string, webhookId: string): string {
  return `${orgId}/${webhookId}`;
}

/** Document id of an alert. */
export function alertDocument(budgetId: string, windowStart: number, pct: number): string {
  return `${budgetId}/${windowStart}/${pct}`;
}

const LATEST = 9_999_999_999_999;

/** Document id of a message: of one webhook, those made later come first. */
export function deliveryDocument(
  delivery: Pick<DeliveryRecord, 'webhook_uid' | 'created_at' | 'message_id'>,
): string {
  const order = Math.max(0, LATEST - delivery.created_at)
    .toString()
    .padStart(13, '0');
  return `${delivery.webhook_uid}/${order}/${delivery.message_id}`;
}
