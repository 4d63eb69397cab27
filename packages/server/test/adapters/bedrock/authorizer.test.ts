/** Signatures beside those of the signer that the AWS SDK for JavaScript uses. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bearerAuthorizer,
  sigV4Authorizer,
  type AwsCredentials,
} from '../../../src/adapters/bedrock/authorizer.ts';

const AT = Date.UTC(2026, 10, 22, 23, 59, 59, 999);
const ORIGIN = 'https://bedrock-runtime.eu-central-1.amazonaws.com';
const CREDENTIALS: AwsCredentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const PATH = '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse';

/** The digests that the SDK's signer asks for. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', secret as string | Uint8Array);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(data as string | Uint8Array);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }
  reset(): void {
    throw new Error('A digest is used once.');
  }
}

interface Request {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** What the SDK's signer makes of the request when it signs the same headers. */
async function bySdk(request: Request, credentials: AwsCredentials): Promise<string | undefined> {
  const { host, hostname, protocol } = new URL(ORIGIN);
  const signer = new SignatureV4({
    service: 'bedrock',
    region: 'eu-central-1',
    credentials,
    sha256: Sha256,
    uriEscapePath: true,
    applyChecksum: false,
  });
  const unsignable = Object.keys(request.headers).filter(
    (name) => name !== 'content-type' && !/^x-amz(?:n-bedrock)?-/.test(name),
  );
  const { headers } = await signer.sign(
    {
      method: 'POST',
      protocol,
      hostname,
      query: {},
      ...request,
      headers: { ...request.headers, host },
    },
    { signingDate: new Date(AT), unsignableHeaders: new Set(unsignable) },
  );
  return headers['authorization'];
}

function authorizer(credentials: AwsCredentials | (() => Promise<AwsCredentials>), now = () => AT) {
  return sigV4Authorizer({ origin: ORIGIN, region: 'eu-central-1', credentials, now });
}

describe('sigV4Authorizer', () => {
  const segment = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 });
  const request: fc.Arbitrary<Request> = fc.record({
    path: segment.map((id) => `/model/${encodeURIComponent(`a.b/${id}`)}/converse`),
    headers: fc.dictionary(
      fc.constantFrom(
        'content-type',
        'accept',
        'x-amz-meta',
        'x-amzn-bedrock-service-tier',
        'x-amzn-bedrock-request-metadata',
        'x-other',
      ),
      fc
        .stringMatching(/^[!-~]{1,6}(?: {1,3}[!-~]{1,6}){0,2}$/)
        .filter((value) => value.trim() !== ''),
    ),
    body: fc.uint8Array({ maxLength: 40 }),
  });

  test('signs whatever is sent as the signer of the AWS SDK does', async () => {
    await fc.assert(
      fc.asyncProperty(
        request,
        fc.option(fc.constantFrom('token/with+chars==', 't'), { nil: undefined }),
        async (sent, sessionToken) => {
          const credentials =
            sessionToken === undefined ? CREDENTIALS : { ...CREDENTIALS, sessionToken };
          const headers = await authorizer(credentials).authorize(sent);
          expect(headers['authorization']).toBe(await bySdk(sent, credentials));
          expect(headers['x-amz-date']).toBe('20261122T235959Z');
          expect(headers['x-amz-security-token']).toBe(sessionToken);
          expect(headers).toMatchObject(sent.headers);
        },
      ),
      { numRuns: 300, interruptAfterTimeLimit: 2_000 },
    );
  });

  test('has nothing to wait for while credentials are at hand', async () => {
    let asked = 0;
    const sign = authorizer(() => {
      asked++;
      return Promise.resolve(CREDENTIALS);
    });
    const sent = { path: PATH, headers: {}, body: new Uint8Array() };
    await sign.authorize(sent);
    expect(sign.authorize(sent)).not.toBeInstanceOf(Promise);
    expect(asked).toBe(1);
  });

  test('asks again five minutes before expiry, and signs with what it gets', async () => {
    let now = AT;
    const given = ['ASIAFIRST', 'ASIASECOND'].map((accessKeyId, index) => ({
      ...CREDENTIALS,
      accessKeyId,
      expiration: new Date(AT + (index + 1) * 3_600_000),
    }));
    let asked = 0;
    const provide = (): Promise<AwsCredentials> => Promise.resolve(given[asked++] ?? CREDENTIALS);
    const sign = authorizer(provide, () => now);
    const used = async (): Promise<string> => {
      const headers = await sign.authorize({ path: PATH, headers: {}, body: new Uint8Array() });
      return /Credential=(\w+)\//.exec(headers['authorization'] ?? '')?.[1] ?? '';
    };
    expect(await used()).toBe('ASIAFIRST');
    now = AT + 3_600_000 - 300_001;
    expect(await used()).toBe('ASIAFIRST');
    now = AT + 3_600_000 - 300_000;
    expect(await used()).toBe('ASIASECOND');
  });

  test('a provider that fails is told, and is asked again by the next request', async () => {
    let fail = true;
    const sign = authorizer(() =>
      fail ? Promise.reject(new Error('no role')) : Promise.resolve(CREDENTIALS),
    );
    const sent = { path: PATH, headers: {}, body: new Uint8Array() };
    await expect(sign.authorize(sent)).rejects.toThrow('no role');
    fail = false;
    expect((await sign.authorize(sent))['authorization']).toContain('AKIDEXAMPLE');
  });
});

test('a Bedrock API key goes out as bearer token, beside the headers of the request', () => {
  const headers = { accept: 'x' };
  expect(bearerAuthorizer('k').authorize({ path: PATH, headers, body: new Uint8Array() })).toEqual({
    accept: 'x',
    authorization: 'Bearer k',
  });
});
