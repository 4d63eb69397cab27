/** Webhooks of an organization: create, replace, read, delete, new secrets, trials, history. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiAnswer,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import {
  webhookDocument,
  type DeliveryRecord,
  type WebhookRecord,
  type WebhookSecret,
} from '../catalog/alert-records.ts';
import { WEBHOOKS_MAX } from '../keeper/alerts/alert-book.ts';
import { sealPurpose, type Courier } from '../keeper/alerts/courier.ts';
import type { Outbox } from '../keeper/alerts/outbox.ts';
import { mintWebhookSecret } from '../keeper/alerts/webhook-signature.ts';
import type { SecretBox } from '../ports/secret-box.ts';
import type { WebhookSender } from '../ports/webhook-sender.ts';
import type { Visitor } from './access.ts';
import { page, replace, withdraw, type Replaced } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, invalidMember, notFound } from './fault.ts';
import { organizationOf } from './organizations.ts';
import { toApiTime } from './time.ts';

/** What the handlers of webhooks need beside the rest. */
export interface WebhookDesk {
  readonly outbox: Outbox;
  readonly courier: Courier;
  readonly box: SecretBox;
  readonly problemOf: WebhookSender['problemOf'];
}

type Names = keyof (typeof RESOURCES)['webhooks'];

interface Named {
  readonly org_id: string;
  readonly webhook_id: string;
}

const HOUR_MS = 3_600_000;
const GRACE_HOURS_DEFAULT = 24;

export function webhookHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  const { webhooks } = deps;
  return {
    putWebhook: async ({ params, body }, visitor) => {
      await organizationOf(deps, params.org_id);
      const problem = webhooks.problemOf(body.url);
      if (problem !== undefined) throw invalidMember('body.url', problem);
      await leaveRoom(deps, params);
      const fresh = newSecret(deps);
      const { record, created } = await replaceWebhook(deps, params, visitor, (before) => {
        const now = toApiTime(deps.clock.now());
        const { webhook_uid, secrets, created_at } = before ?? {
          webhook_uid: fresh.webhook_uid,
          secrets: [{ sealed_secret: fresh.sealed_secret, expires_at: null }],
          created_at: now,
        };
        const { url, description = null, enabled = true } = body;
        const said = { url, description, enabled };
        return { ...params, webhook_uid, ...said, secrets, created_at, updated_at: now };
      });
      const shown = toApi(record);
      return created
        ? { status: 201, body: { ...shown, secret: fresh.secret } }
        : { status: 200, body: shown };
    },
    getWebhook: async ({ params }) => ({
      status: 200,
      body: toApi(await webhookOf(deps, params)),
    }),
    listWebhooks: async ({ params, query }) => {
      await organizationOf(deps, params.org_id);
      const { items, next_cursor } = await page<WebhookRecord>(
        deps,
        'webhook',
        params.org_id,
        query,
        PAGE_LIMIT_DEFAULT,
      );
      return { status: 200, body: { webhooks: items.map(toApi), next_cursor } };
    },
    deleteWebhook: async ({ params }, visitor) => {
      const { org_id, webhook_id } = params;
      const place = { kind: 'webhook', id: webhookDocument(org_id, webhook_id) } as const;
      await withdraw(deps, place, { visitor, org_id, resource_id: webhook_id }, 'The webhook');
      return { status: 204, body: undefined };
    },
    rotateWebhookSecret: ({ params, body }, visitor) =>
      rotate(deps, params, body.grace_period_hours ?? GRACE_HOURS_DEFAULT, visitor),
    testWebhook: async ({ params }) => {
      const webhook = await webhookOf(deps, params);
      return { status: 200, body: toApiDelivery(await webhooks.courier.test(webhook)) };
    },
    listWebhookDeliveries: async ({ params, query }) => {
      const { webhook_uid } = await webhookOf(deps, params);
      const { limit = PAGE_LIMIT_DEFAULT, cursor } = query;
      const found = await webhooks.outbox.history(webhook_uid, limit, cursor);
      const deliveries = found.deliveries.map(toApiDelivery);
      return { status: 200, body: { deliveries, next_cursor: found.next_cursor } };
    },
  };
}

async function rotate(
  deps: AdminDependencies,
  named: Named,
  graceHours: number,
  visitor: Visitor,
): Promise<ApiAnswer<'rotateWebhookSecret'>> {
  const secret = mintWebhookSecret(deps.ids);
  const now = deps.clock.now();
  const expires = toApiTime(now + graceHours * HOUR_MS);
  await replaceWebhook(deps, named, visitor, (before) => {
    if (before === undefined) throw notFound('The webhook');
    const [present] = before.secrets;
    const sealed_secret = deps.webhooks.box.seal(sealPurpose(before), secret);
    // A third secret ends the first: messages are signed by two at most.
    const old: WebhookSecret[] = present ? [{ ...present, expires_at: expires }] : [];
    const secrets = [{ sealed_secret, expires_at: null }, ...old];
    return { ...before, secrets, updated_at: toApiTime(now) };
  });
  const { webhook_id } = named;
  return { status: 200, body: { webhook_id, secret, old_secret_expires_at: expires } };
}

/** A uid and a secret for a webhook that may turn out to be new. */
function newSecret({ ids, webhooks }: AdminDependencies): {
  readonly webhook_uid: string;
  readonly secret: string;
  readonly sealed_secret: string;
} {
  const webhook_uid = ids.uuid();
  const secret = mintWebhookSecret(ids);
  return {
    webhook_uid,
    secret,
    sealed_secret: webhooks.box.seal(sealPurpose({ webhook_uid }), secret),
  };
}

function replaceWebhook(
  deps: AdminDependencies,
  { org_id, webhook_id }: Named,
  visitor: Visitor,
  make: (before: WebhookRecord | undefined) => WebhookRecord,
): Promise<Replaced<WebhookRecord>> {
  const place = {
    kind: 'webhook',
    id: webhookDocument(org_id, webhook_id),
    parent: org_id,
  } as const;
  return replace(deps, place, { visitor, org_id, resource_id: webhook_id }, make);
}

/** Throws when a new webhook would be one too many. */
async function leaveRoom(deps: AdminDependencies, { org_id, webhook_id }: Named): Promise<void> {
  const { items } = await deps.catalog.list<WebhookRecord>('webhook', {
    parent: org_id,
    limit: WEBHOOKS_MAX,
  });
  if (items.length < WEBHOOKS_MAX) return;
  if (items.some(({ value }) => value.webhook_id === webhook_id)) return;
  throw new Fault('INVALID_CONFIG', `An organization has at most ${WEBHOOKS_MAX} webhooks.`);
}

async function webhookOf(
  deps: AdminDependencies,
  { org_id, webhook_id }: Named,
): Promise<WebhookRecord> {
  const id = webhookDocument(org_id, webhook_id);
  const item = await deps.catalog.get<WebhookRecord>('webhook', id);
  if (item === undefined) throw notFound('The webhook');
  return item.value;
}

function toApi(record: WebhookRecord): ApiResult<'getWebhook'> {
  const { org_id, webhook_id, url, description, enabled, created_at, updated_at } = record;
  return { org_id, webhook_id, url, description, enabled, created_at, updated_at };
}

function toApiDelivery(delivery: DeliveryRecord): ApiResult<'testWebhook'> {
  const { webhook_id, event_type, status, reason, next_attempt_at } = delivery;
  return {
    delivery_id: delivery.message_id,
    webhook_id,
    event_type,
    status,
    reason,
    created_at: toApiTime(delivery.created_at),
    next_attempt_at: next_attempt_at === null ? null : toApiTime(next_attempt_at),
    attempts: delivery.attempts.map((attempt) => ({ ...attempt, at: toApiTime(attempt.at) })),
  };
}
