/** What a receiver does by Standard Webhooks, written for the tests and by nothing of ours. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Received } from '../../adapters/webhook/receiver.ts';

/** How many of a message's signatures were made with the secret. */
export function signaturesBy({ headers, body }: Received, secret: string): number {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(secret) ?? [];
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers;
  const content = `${String(id)}.${String(timestamp)}.${body}`;
  const expected = createHmac('sha256', Buffer.from(encoded, 'base64')).update(content).digest();
  return String(headers['webhook-signature'])
    .split(' ')
    .filter((each) => {
      const [version, signature = ''] = each.split(',');
      const given = Buffer.from(signature, 'base64');
      return (
        version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
      );
    }).length;
}

/** The body of a message. */
export function eventOf(received: Received): {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
} {
  return JSON.parse(received.body) as ReturnType<typeof eventOf>;
}
