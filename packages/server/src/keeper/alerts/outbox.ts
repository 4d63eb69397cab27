/**
 * Messages to webhooks, as the store keeps them. A message is in the outbox until it is done with;
 * then it is in the history. Who sends one claims it first by a conditional write, so that of any
 * number of processes one does; a claim that nobody came back from runs out.
 *
 *     outbox: pending --claim--> claimed --postpone--> pending
 *                                claimed --finish----> history: delivered | failed
 */
import {
  deliveryDocument,
  type DeliveryAttempt,
  type DeliveryEnd,
  type DeliveryRecord,
  type WebhookRecord,
} from '../../catalog/alert-records.ts';
import type { CatalogItem, CatalogStore } from '../../ports/catalog-store.ts';

/** Documents that the catalogue is asked for at once. */
const PART_MAX = 1000;
/** Messages in the outbox that one look takes in. */
const PENDING_MAX = 20_000;

/** A message in the outbox, as it was read. */
export type Pending = CatalogItem<DeliveryRecord>;

/** A message that this process may send. */
export interface Claimed {
  readonly delivery: DeliveryRecord;
  readonly revision: number;
}

/** How a message is done with. */
export type DeliveryResult =
  | { readonly status: 'delivered'; readonly reason: null }
  | { readonly status: 'failed'; readonly reason: DeliveryEnd };

/** A message that has not been tried. */
export function newDelivery(
  webhook: Pick<WebhookRecord, 'org_id' | 'webhook_id' | 'webhook_uid'>,
  message: Pick<DeliveryRecord, 'message_id' | 'event_type' | 'body' | 'created_at'>,
): DeliveryRecord {
  const { org_id, webhook_id, webhook_uid } = webhook;
  return {
    ...message,
    org_id,
    webhook_id,
    webhook_uid,
    status: 'pending',
    reason: null,
    attempts: [],
    next_attempt_at: message.created_at,
    claim: null,
  };
}

/** When a message may be tried next: not while somebody has it. */
export function dueAt({ claim, next_attempt_at, created_at }: DeliveryRecord): number {
  return claim?.until ?? next_attempt_at ?? created_at;
}

export class Outbox {
  readonly #catalog: CatalogStore;

  constructor(catalog: CatalogStore) {
    this.#catalog = catalog;
  }

  /** Puts a message in, unless it is in already. */
  async add(delivery: DeliveryRecord): Promise<void> {
    await this.#put('webhook_outbox', delivery, 0);
  }

  /** What is to be sent, the first due first; of a very great many only a part. */
  async pending(): Promise<readonly Pending[]> {
    const found: Pending[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#catalog.list<DeliveryRecord>('webhook_outbox', {
        limit: PART_MAX,
        ...(cursor === undefined ? {} : { cursor }),
      });
      found.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined && found.length < PENDING_MAX);
    return found.sort((a, b) => dueAt(a.value) - dueAt(b.value));
  }

  /**
   * Takes a message for this process until `until`. Undefined: somebody else has it, or it is done
   * with.
   */
  async claim(
    { value, revision }: Pending,
    instanceId: string,
    until: number,
  ): Promise<Claimed | undefined> {
    const delivery = { ...value, claim: { instance_id: instanceId, until } };
    const put = await this.#put('webhook_outbox', delivery, revision);
    if (put === undefined) return undefined;
    // A process that died between two writes has left it in both places.
    const done = await this.#catalog.get('webhook_delivery', deliveryDocument(value));
    if (done === undefined) return { delivery, revision: put };
    await this.#remove(delivery, put);
    return undefined;
  }

  /** Gives a claimed message back, to be tried again at `nextAt`. */
  async postpone(
    { delivery, revision }: Claimed,
    attempt: DeliveryAttempt,
    nextAt: number,
  ): Promise<void> {
    const attempts = [...delivery.attempts, attempt];
    const next = { ...delivery, attempts, next_attempt_at: nextAt, claim: null };
    await this.#put('webhook_outbox', next, revision);
  }

  /** Moves a claimed message into the history. */
  async finish(
    { delivery, revision }: Claimed,
    attempt: DeliveryAttempt | null,
    result: DeliveryResult,
  ): Promise<void> {
    await this.keep(delivery, attempt, result);
    await this.#remove(delivery, revision);
  }

  /** Keeps a message that is done with, and answers with it. */
  async keep(
    delivery: DeliveryRecord,
    attempt: DeliveryAttempt | null,
    result: DeliveryResult,
  ): Promise<DeliveryRecord> {
    const attempts = attempt === null ? delivery.attempts : [...delivery.attempts, attempt];
    const done = { ...delivery, ...result, attempts, next_attempt_at: null, claim: null };
    await this.#put('webhook_delivery', done, 0);
    return done;
  }

  /** Forgets a claimed message: its webhook is gone. */
  async drop({ delivery, revision }: Claimed): Promise<void> {
    await this.#remove(delivery, revision);
  }

  /** Messages of one webhook, newest first, from after `cursor`: done with or not. */
  async history(
    webhookUid: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<{ deliveries: readonly DeliveryRecord[]; next_cursor: string | null }> {
    const after = cursor === undefined ? {} : { cursor };
    const options = { parent: webhookUid, limit, ...after };
    const [waiting, done] = await Promise.all([
      this.#catalog.list<DeliveryRecord>('webhook_outbox', options),
      this.#catalog.list<DeliveryRecord>('webhook_delivery', options),
    ]);
    const byId = new Map([...waiting.items, ...done.items].map((item) => [item.id, item.value]));
    const ids = [...byId.keys()].sort();
    const shown = ids.slice(0, limit);
    const more =
      ids.length > shown.length || waiting.next_cursor !== null || done.next_cursor !== null;
    return {
      deliveries: shown.flatMap((id) => byId.get(id) ?? []),
      next_cursor: more ? (shown.at(-1) ?? null) : null,
    };
  }

  /** Removes messages that were done with before `before` was; answers how many. */
  async forget(before: number): Promise<number> {
    let forgotten = 0;
    let cursor: string | undefined;
    do {
      const page = await this.#catalog.list<DeliveryRecord>('webhook_delivery', {
        limit: PART_MAX,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const { id, value } of page.items) {
        if ((value.attempts.at(-1)?.at ?? value.created_at) >= before) continue;
        if (await this.#catalog.remove('webhook_delivery', id, { quiet: true })) forgotten += 1;
      }
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    return forgotten;
  }

  /** The revision it was written with; undefined when it has not the one expected. */
  async #put(
    kind: 'webhook_outbox' | 'webhook_delivery',
    value: DeliveryRecord,
    expected: number,
  ): Promise<number | undefined> {
    const id = deliveryDocument(value);
    const parent = value.webhook_uid;
    const put = await this.#catalog.put({ kind, id, parent, value, expected, quiet: true });
    return put.kind === 'put' ? put.revision : undefined;
  }

  async #remove(delivery: DeliveryRecord, expected: number): Promise<void> {
    const id = deliveryDocument(delivery);
    await this.#catalog.remove('webhook_outbox', id, { expected, quiet: true });
  }
}
