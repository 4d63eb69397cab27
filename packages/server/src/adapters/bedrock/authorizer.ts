/**
 * How requests to Bedrock are authorised: a Bedrock API key, or SigV4 under the gateway's AWS
 * identity.
 */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Authorizer } from '../../ports/upstream.ts';

/** Sends a Bedrock API key as bearer token. */
export function bearerAuthorizer(token: string): Authorizer {
  const authorization = `Bearer ${token}`;
  return { authorize: (request) => ({ ...request.headers, authorization }) };
}

/** AWS credentials as the SDK's providers give them. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/**
 * SigV4 for the service name `bedrock`; the path is encoded once more in the canonical request, as
 * AWS wants.
 */
export function sigV4Authorizer(options: {
  origin: string;
  region: string;
  credentials: AwsCredentials | (() => Promise<AwsCredentials>);
}): Authorizer {
  const { protocol, hostname, port, host } = new URL(options.origin);
  const signer = new SignatureV4({
    service: 'bedrock',
    region: options.region,
    credentials: options.credentials,
    sha256: NodeSha256,
    uriEscapePath: true,
    applyChecksum: false,
  });
  return {
    async authorize(request) {
      const signed = await signer.sign(
        {
          method: request.method ?? 'POST',
          protocol,
          hostname,
          ...(port === '' ? {} : { port: Number(port) }),
          path: request.path,
          query: {},
          headers: { ...request.headers, host },
          body: request.body,
        },
        { unsignableHeaders: unsigned(request.headers) },
      );
      return signed.headers;
    },
  };
}

/**
 * What the signature leaves out: all that AWS does not ask for. A client's header that a proxy
 * rewrites, or whose bytes are no ASCII, must not spoil it.
 */
function unsigned(headers: Readonly<Record<string, string>>): Set<string> {
  const left = new Set<string>();
  for (const name in headers) {
    if (name !== 'content-type' && !name.startsWith('x-amz-')) left.add(name);
  }
  return left;
}

/** SHA-256 and HMAC-SHA-256 in the form that the signer asks for. */
class NodeSha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    throw new Error('A digest is used once.');
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
