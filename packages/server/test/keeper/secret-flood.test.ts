/**
 * A flood of wrong secrets from one address, against the whole product with its real slow hash: the
 * real client gets in from another address, and everything else goes on, while the flood waits
 * behind itself. Nothing is timed: what is compared is who is answered before whom.
 */
import { request } from 'node:http';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const FLOOD = 60;
const FLOOD_ADDRESS = '127.0.0.2';

let product: RunningProduct;
let client: { readonly client_id: string; readonly client_secret: string };

beforeAll(async () => {
  product = await startProduct({ settings: { rateLimitPreset: 'off' } });
  const params = { org_id: product.orgId };
  const { client_id, client_secret } = await product.client.rotateOrganizationSecret({
    params,
    body: {},
  });
  client = { client_id, client_secret };
});
afterAll(() => product.close());

/** Hashes are slow by design, and slower where much else runs. */
const TIMEOUT_MS = 180_000;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks for tokens from a local address of our choice. */
function askFrom(localAddress: string, id: string, secret: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request(
    `${product.endpoint}/auth/token`,
    { method: 'POST', localAddress, agent: false, headers: { 'content-type': 'application/json' } },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    },
  );
  sent.on('error', reject);
  sent.end(
    JSON.stringify({ client_id: id, client_secret: secret, grant_type: 'client_credentials' }),
  );
  return promise;
}

it(
  'lets the real client in from elsewhere, and stalls nobody',
  { timeout: TIMEOUT_MS },
  async () => {
    let answered = 0;
    const flood = Array.from({ length: FLOOD }, async (_, i) => {
      // Some guess at the client that is there, most at ones that are not.
      const id = i % 4 === 0 ? client.client_id : `org-${product.server.ids.uuid()}`;
      const answer = await askFrom(FLOOD_ADDRESS, id, `wrong ${i}`);
      answered += 1;
      return answer;
    });
    // The flood has arrived: one of it has been hashed.
    await Promise.race(flood);
    const token = await askFrom('127.0.0.1', client.client_id, client.client_secret);
    const afterToken = answered;
    const health = await fetch(`${product.endpoint}/health`);
    const call = await fetch(`${product.endpoint}/api/v1/budgets`, {
      headers: { 'x-api-key': product.apiKey },
    });
    const afterAll_ = answered;
    expect([token.status, health.status, call.status]).toEqual([200, 200, 200]);
    // Three of four wait for a hash each; the real client waited for a few of them only.
    expect(afterToken).toBeLessThan(FLOOD / 2);
    expect(afterAll_).toBeLessThan(FLOOD);
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    // From where the flood came the client is stopped, right secret or not.
    expect((await askFrom(FLOOD_ADDRESS, client.client_id, client.client_secret)).status).toBe(429);
    expect((await askFrom('127.0.0.1', client.client_id, client.client_secret)).status).toBe(200);
  },
);

it('cannot be used to find out who is a client', async () => {
  const unknown = client.client_id.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  const [known, none] = await Promise.all([
    askFrom('127.0.0.3', client.client_id, 'wrong'),
    askFrom('127.0.0.3', unknown, 'wrong'),
  ]);
  const lasting = ({ status, text }: Answer) => {
    const {
      timestamp: _at,
      request_id: _id,
      ...rest
    } = JSON.parse(text) as Record<string, unknown>;
    return { status, ...rest };
  };
  expect(lasting(known)).toEqual(lasting(none));
  expect(lasting(known)).toMatchObject({ status: 401, error: 'UNAUTHORIZED' });
});
