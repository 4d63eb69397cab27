/**
 * Carries messages to webhooks: one try of one message, and what becomes of it. A message is tried
 * until a receiver takes it (2xx), says that it is gone for good (410), or no tries are left. It
 * may come twice, when a process dies while it waits for the answer, and then with the same id.
 */
import {
  webhookDocument,
  type DeliveryAttempt,
  type DeliveryRecord,
  type WebhookRecord,
} from '../../catalog/alert-records.ts';
import type { CatalogStore } from '../../ports/catalog-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { SecretBox } from '../../ports/secret-box.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { WebhookSender } from '../../ports/webhook-sender.ts';
import { testBody, WEBHOOK_TEST } from './alert-message.ts';
import { waitAfter } from './backoff.ts';
import { newDelivery, type Claimed, type Outbox, type Pending } from './outbox.ts';
import { signedHeaders } from './webhook-signature.ts';

/** How much longer a claim holds than a try can take, in milliseconds. */
const CLAIM_MARGIN_MS = 2_000;

export interface CourierSettings {
  /** What a try takes at most. */
  readonly timeoutMs: number;
  readonly triesMax: number;
  /** The first wait between tries. */
  readonly backoffMs: number;
  /** Product and version, as receivers see it. */
  readonly userAgent: string;
}

export interface CourierParts {
  readonly instanceId: string;
  readonly catalog: CatalogStore;
  readonly outbox: Outbox;
  readonly sender: WebhookSender;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Telemetry['log'];
  readonly settings: CourierSettings;
}

export class Courier {
  readonly #parts: CourierParts;

  constructor(parts: CourierParts) {
    this.#parts = parts;
  }

  /**
   * Tries a message once, if nobody else has it. `refused`: the receiver did not take it. Rejects
   * when the store does; the message is then tried again later.
   */
  async carry(pending: Pending): Promise<'taken' | 'refused' | 'not_ours'> {
    const { outbox, clock, instanceId, settings } = this.#parts;
    const until = clock.now() + settings.timeoutMs + CLAIM_MARGIN_MS;
    const claimed = await outbox.claim(pending, instanceId, until);
    if (claimed === undefined) return 'not_ours';
    const webhook = await this.#webhookOf(claimed.delivery);
    if (webhook === undefined) {
      await outbox.drop(claimed);
      return 'not_ours';
    }
    if (!webhook.enabled) {
      await outbox.finish(claimed, null, { status: 'failed', reason: 'disabled' });
      return 'not_ours';
    }
    const attempt = await this.#attempt(webhook, claimed.delivery);
    return this.#conclude(claimed, attempt);
  }

  /** Sends a test message at once and only once, and keeps it in the history. */
  async test(webhook: WebhookRecord): Promise<DeliveryRecord> {
    const { clock, ids, outbox } = this.#parts;
    const now = clock.now();
    const delivery = newDelivery(webhook, {
      message_id: `msg_${ids.uuid()}`,
      event_type: WEBHOOK_TEST,
      body: testBody(webhook.org_id, webhook.webhook_id, now),
      created_at: now,
    });
    const attempt = await this.#attempt(webhook, delivery);
    return outbox.keep(
      delivery,
      attempt,
      wasTaken(attempt)
        ? { status: 'delivered', reason: null }
        : { status: 'failed', reason: attempt.status === GONE ? 'gone' : 'tries_exhausted' },
    );
  }

  async #webhookOf(delivery: DeliveryRecord): Promise<WebhookRecord | undefined> {
    const { org_id, webhook_id, webhook_uid } = delivery;
    const id = webhookDocument(org_id, webhook_id);
    const found = await this.#parts.catalog.get<WebhookRecord>('webhook', id);
    return found?.value.webhook_uid === webhook_uid ? found.value : undefined;
  }

  async #attempt(webhook: WebhookRecord, delivery: DeliveryRecord): Promise<DeliveryAttempt> {
    const { clock, sender, settings } = this.#parts;
    const at = clock.now();
    const began = clock.monotonic();
    const { message_id, body } = delivery;
    const secrets = this.#secretsOf(webhook, at);
    // Unsigned, nobody could know that it comes from here: it is not sent at all.
    if (secrets.length === 0) return { at, status: null, error: 'secret_lost', duration_ms: 0 };
    const sent = await sender.send({
      url: webhook.url,
      headers: {
        'content-type': 'application/json',
        'user-agent': settings.userAgent,
        ...signedHeaders(message_id, at, body, secrets),
      },
      body: Buffer.from(body),
    });
    return {
      at,
      status: sent.kind === 'answered' ? sent.status : null,
      error: sent.kind === 'failed' ? sent.reason : null,
      duration_ms: Math.max(0, Math.round(clock.monotonic() - began)),
    };
  }

  #secretsOf(webhook: WebhookRecord, now: number): readonly string[] {
    const { box, log } = this.#parts;
    const secrets = webhook.secrets
      .filter(({ expires_at }) => expires_at === null || Date.parse(expires_at) > now)
      .flatMap(({ sealed_secret }) => box.open(sealPurpose(webhook), sealed_secret) ?? []);
    if (secrets.length === 0) {
      const { org_id, webhook_id } = webhook;
      log('error', 'The secret of a webhook cannot be opened: its master key is not here.', {
        org_id,
        webhook_id,
      });
    }
    return secrets;
  }

  async #conclude(claimed: Claimed, attempt: DeliveryAttempt): Promise<'taken' | 'refused'> {
    const { outbox, clock, ids, settings } = this.#parts;
    if (wasTaken(attempt)) {
      await outbox.finish(claimed, attempt, { status: 'delivered', reason: null });
      return 'taken';
    }
    const tries = claimed.delivery.attempts.length + 1;
    const gone = attempt.status === GONE;
    if (!gone && tries < settings.triesMax) {
      const wait = waitAfter(tries, settings.backoffMs, ids);
      await outbox.postpone(claimed, attempt, clock.now() + wait);
      return 'refused';
    }
    const reason = gone ? 'gone' : 'tries_exhausted';
    await outbox.finish(claimed, attempt, { status: 'failed', reason });
    this.#tellOfFailure(claimed.delivery, attempt, reason);
    return 'refused';
  }

  #tellOfFailure(delivery: DeliveryRecord, attempt: DeliveryAttempt, reason: string): void {
    const { message_id, org_id, webhook_id } = delivery;
    const { status, error } = attempt;
    this.#parts.log('error', 'A webhook has not taken a message; it is given up.', {
      ...{ message_id, org_id, webhook_id, reason, status, error },
    });
  }
}

/** "The endpoint is gone": whoever answers so wants to hear nothing more of this. */
const GONE = 410;

function wasTaken({ status }: DeliveryAttempt): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** What the secrets of a webhook are sealed for. */
export function sealPurpose({ webhook_uid }: Pick<WebhookRecord, 'webhook_uid'>): string {
  return `webhook ${webhook_uid}`;
}
