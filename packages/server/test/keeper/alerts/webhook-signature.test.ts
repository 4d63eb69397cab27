/** Signatures of messages, against the published example of Standard Webhooks. */
import { expect, it } from 'vitest';
import { mintWebhookSecret, signedHeaders } from '../../../src/keeper/alerts/webhook-signature.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

it('signs as the published example says', () => {
  const headers = signedHeaders(
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    1_614_265_330_999,
    '{"test": 2432232314}',
    [SECRET],
  );
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

it('signs by every secret that it is given', () => {
  const other = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
  const both = signedHeaders('m', 0, 'body', [SECRET, other])['webhook-signature'];
  const [one = '', two = ''] = [[SECRET], [other]].map(
    (secrets) => signedHeaders('m', 0, 'body', secrets)['webhook-signature'],
  );
  expect(one).not.toBe(two);
  expect(both).toBe(`${one} ${two}`);
});

it('makes secrets of 32 bytes', () => {
  const secret = mintWebhookSecret({ uuid: () => '', secret: (bytes) => new Uint8Array(bytes) });
  expect(secret).toBe(`whsec_${'A'.repeat(43)}=`);
});
