/** Webhooks: where an organization is told that its budgets have reached alert thresholds. */
import { Type } from 'typebox';
import { nullable, OrgId, PageQuery, pageOf, strict, text, Time, WebhookId } from '../fields.ts';
import type { Operation } from '../operation.ts';

const WebhookInput = strict(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 2048,
      pattern: '^[!-~]+$',
      description:
        'Where messages are sent: https, at an address that anybody can reach (see the setting ' +
        '`webhook_private_addresses`).',
    }),
    description: Type.Optional(text('What it is for, for people.')),
    enabled: Type.Optional(
      Type.Boolean({ description: 'Whether anything is sent to it. Default true.' }),
    ),
  },
  'WebhookInput',
);

const webhookFields = {
  org_id: OrgId,
  webhook_id: WebhookId,
  url: Type.String(),
  description: nullable(Type.String()),
  enabled: Type.Boolean(),
  created_at: Time,
  updated_at: Time,
};

export const Webhook = strict(webhookFields, 'Webhook');

const Secret = Type.String({
  description:
    'What signatures are made with: `whsec_` and 32 bytes in base64. It is shown here and never ' +
    'again.',
});

const WebhookWritten = strict(
  { ...webhookFields, secret: Type.Optional(Secret) },
  'WebhookWritten',
);

const RotateInput = strict(
  {
    grace_period_hours: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 168,
        default: 24,
        description: 'How long messages carry a signature by the old secret too.',
      }),
    ),
  },
  'WebhookRotateInput',
);

const Rotated = strict(
  { webhook_id: WebhookId, secret: Secret, old_secret_expires_at: Time },
  'WebhookRotated',
);

const Attempt = strict(
  {
    at: Time,
    status: nullable(Type.Integer({ description: 'Status of the answer; null: there was none.' })),
    error: nullable(
      Type.String({
        description:
          'Why there was no answer: `address_not_allowed`, `host_not_found`, `timeout`, ' +
          '`connection_failed`, or `secret_lost` when the master key of its secret is gone.',
      }),
    ),
    duration_ms: Type.Integer({ minimum: 0 }),
  },
  'WebhookAttempt',
);

export const Delivery = strict(
  {
    delivery_id: Type.String({ description: 'The `webhook-id` of the message, of every attempt.' }),
    webhook_id: WebhookId,
    event_type: Type.String({ description: '`budget.threshold_reached` or `webhook.test`.' }),
    status: Type.Enum(['pending', 'delivered', 'failed']),
    reason: nullable(
      Type.String({
        description: 'Why nothing more is tried: `tries_exhausted`, `gone` or `disabled`.',
      }),
    ),
    created_at: Time,
    next_attempt_at: nullable(Time),
    attempts: Type.Array(Attempt),
  },
  'WebhookDelivery',
);

const params = strict({ org_id: OrgId, webhook_id: WebhookId });
const errors = ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'] as const;

export const webhooks = {
  putWebhook: {
    method: 'PUT',
    path: '/api/v1/orgs/{org_id}/webhooks/{webhook_id}',
    summary: 'Create or replace a webhook; a new one has its secret in the answer',
    access: 'provisioning',
    secret: 'when_created',
    params,
    query: null,
    body: WebhookInput,
    result: WebhookWritten,
    success: [200, 201],
    errors: [...errors, 'INVALID_CONFIG'],
    command: { noun: 'webhooks', verb: 'put' },
  },
  getWebhook: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}/webhooks/{webhook_id}',
    summary: 'Read a webhook, without its secret',
    access: 'provisioning',
    params,
    query: null,
    body: null,
    result: Webhook,
    success: [200],
    errors,
    command: { noun: 'webhooks', verb: 'get' },
  },
  listWebhooks: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}/webhooks',
    summary: 'List the webhooks of an organization',
    access: 'provisioning',
    params: strict({ org_id: OrgId }),
    query: strict(PageQuery),
    body: null,
    result: pageOf('webhooks', Webhook),
    success: [200],
    errors,
    command: { noun: 'webhooks', verb: 'list' },
  },
  deleteWebhook: {
    method: 'DELETE',
    path: '/api/v1/orgs/{org_id}/webhooks/{webhook_id}',
    summary: 'Delete a webhook; what was not delivered is dropped',
    access: 'provisioning',
    params,
    query: null,
    body: null,
    result: null,
    success: [204],
    errors,
    command: { noun: 'webhooks', verb: 'delete' },
  },
  rotateWebhookSecret: {
    method: 'POST',
    path: '/api/v1/orgs/{org_id}/webhooks/{webhook_id}/secret/rotate',
    summary: 'Make a new secret; messages are signed by both until the grace ends',
    access: 'provisioning',
    secret: 'always',
    params,
    query: null,
    body: RotateInput,
    result: Rotated,
    success: [200],
    errors,
    command: { noun: 'webhooks', verb: 'rotate' },
  },
  testWebhook: {
    method: 'POST',
    path: '/api/v1/orgs/{org_id}/webhooks/{webhook_id}/test',
    summary: 'Send a test message now, once, and say what came of it',
    access: 'provisioning',
    params,
    query: null,
    body: null,
    result: Delivery,
    success: [200],
    errors,
    command: { noun: 'webhooks', verb: 'test' },
  },
  listWebhookDeliveries: {
    method: 'GET',
    path: '/api/v1/orgs/{org_id}/webhooks/{webhook_id}/deliveries',
    summary: 'List what was sent to a webhook, or will be, newest first',
    access: 'provisioning',
    params,
    query: strict(PageQuery),
    body: null,
    result: pageOf('deliveries', Delivery),
    success: [200],
    errors,
    command: { noun: 'webhooks', verb: 'deliveries' },
  },
} as const satisfies Record<string, Operation>;
