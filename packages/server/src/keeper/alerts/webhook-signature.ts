/**
 * Signatures of messages as in Standard Webhooks: HMAC-SHA256 over `<id>.<timestamp>.<body>` under
 * the bytes of the secret. While a secret is being changed there are two signatures.
 */
import { createHmac } from 'node:crypto';
import type { Ids } from '../../ports/ids.ts';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A new secret, as receivers are given it. */
export function mintWebhookSecret(ids: Ids): string {
  return PREFIX + Buffer.from(ids.secret(SECRET_BYTES)).toString('base64');
}

/** The headers that say which message this is, when it was sent, and that we sent it. */
export function signedHeaders(
  messageId: string,
  sentAt: number,
  body: string,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const timestamp = Math.floor(sentAt / 1000).toString();
  const signed = `${messageId}.${timestamp}.${body}`;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  });
  return {
    'webhook-id': messageId,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
