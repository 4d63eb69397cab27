/** The verifier agrees with the signer of the AWS SDK, and with nobody who changes a byte. */
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import { type Trust, verifySignature } from '../../src/auth/sigv4.ts';
import { DEFAULT_CREDENTIALS } from '../../src/index.ts';
import { Sha256 } from '../rig.ts';

const NOW = new Date('2026-03-29T01:02:03Z');
const trust: Trust = {
  credentials: [DEFAULT_CREDENTIALS],
  region: null,
  skewMs: 300_000,
  nowMs: NOW.getTime(),
};
const sent = {
  method: 'POST',
  path: '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.nova/converse',
  body: '{"messages":[]}',
};

async function signed(query: Record<string, string> = {}): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service: 'bedrock',
    region: 'us-east-1',
    credentials: DEFAULT_CREDENTIALS,
    sha256: Sha256,
    applyChecksum: true,
  });
  const request = await signer.sign(
    {
      ...sent,
      query,
      protocol: 'http:',
      hostname: '127.0.0.1',
      headers: { host: '127.0.0.1:80', 'x-padded': '  two   words ' },
    },
    { signingDate: NOW },
  );
  return request.headers;
}

function verify(
  headers: Readonly<Record<string, string>>,
  changes: { target?: string; body?: string; method?: string; nowMs?: number } = {},
): void {
  verifySignature(
    headers['authorization'] ?? '',
    {
      method: changes.method ?? sent.method,
      target: changes.target ?? sent.path,
      header: (name) => headers[name],
      body: Buffer.from(changes.body ?? sent.body),
    },
    { ...trust, nowMs: changes.nowMs ?? trust.nowMs },
  );
}

const MINUTE = 60_000;

describe('a signature', () => {
  it('of the SDK passes, with an ARN in the path', async () => {
    const headers = await signed();
    expect(() => verify(headers)).not.toThrow();
  });

  it('covers the query in any order', async () => {
    const headers = await signed({ b: 'x y', a: '1' });
    expect(() => verify(headers, { target: `${sent.path}?b=x%20y&a=1` })).not.toThrow();
    expect(() => verify(headers, { target: `${sent.path}?b=x%20y&a=2` })).toThrow('does not match');
  });

  it.each([
    ['path', { target: sent.path.replace('%2F', '/') }],
    ['body', { body: '{"messages":[1]}' }],
    ['method', { method: 'PUT' }],
  ])('does not survive another %s', async (_, change) => {
    const headers = await signed();
    expect(() => verify(headers, change)).toThrow('does not match');
  });

  it('does not survive another value of a signed header', async () => {
    const headers = { ...(await signed()), 'x-padded': 'three words' };
    expect(() => verify(headers)).toThrow('does not match');
  });

  it('lives five minutes both ways', async () => {
    const headers = await signed();
    const at = (ms: number) => () => verify(headers, { nowMs: trust.nowMs + ms });
    expect(at(5 * MINUTE)).not.toThrow();
    expect(at(-5 * MINUTE)).not.toThrow();
    expect(at(5 * MINUTE + 1)).toThrow('Signature expired');
    expect(at(-5 * MINUTE - 1)).toThrow('Signature not yet current');
  });

  it('must cover the host', async () => {
    const headers = await signed();
    const authorization = headers['authorization']?.replace('host;', '') ?? '';
    expect(() => verify({ ...headers, authorization })).toThrow('must be a');
  });

  it('for another service is refused', async () => {
    const headers = await signed();
    const authorization = headers['authorization']?.replace('/bedrock/', '/s3/') ?? '';
    expect(() => verify({ ...headers, authorization })).toThrow("correct service: 'bedrock'");
  });

  it.each(['Credential', 'SignedHeaders', 'Signature'])(
    'without %s is incomplete',
    async (part) => {
      const headers = await signed();
      const authorization = headers['authorization']?.replace(`${part}=`, 'Other=') ?? '';
      expect(() => verify({ ...headers, authorization })).toThrow(`requires '${part}'`);
    },
  );
});
