/** Requests signed by AWS's own signer, so that what is verified here was made elsewhere. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

/** What a client holds. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A request to be signed; all but the first two have the values of an honest client. */
export interface ToSign {
  readonly path: string;
  readonly body: string | Uint8Array;
  readonly host: string;
  readonly credentials: Credentials;
  readonly headers?: Readonly<Record<string, string>>;
  readonly unsigned?: readonly string[];
  readonly date?: Date;
  readonly region?: string;
  readonly service?: string;
  /** Sign `:authority`, as over HTTP/2, in place of `host`. */
  readonly authority?: boolean;
  /** State the hash of the body in a header, as the SDK for JavaScript does and boto3 does not. */
  readonly statesHash?: boolean;
}

/** The headers of the request, signature included. */
export async function sign(request: ToSign): Promise<Record<string, string>> {
  const { path, body, host, credentials } = request;
  const signer = new SignatureV4({
    service: request.service ?? 'bedrock',
    region: request.region ?? 'us-east-1',
    credentials,
    sha256: NodeSha256,
    uriEscapePath: true,
    applyChecksum: request.statesHash ?? true,
  });
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: 'http:',
      hostname: host,
      path,
      query: {},
      headers: {
        [request.authority === true ? ':authority' : 'host']: host,
        'content-type': 'application/json',
        ...request.headers,
      },
      body,
    },
    {
      signingDate: request.date ?? new Date(),
      unsignableHeaders: new Set(request.unsigned ?? []),
    },
  );
  return signed.headers;
}

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
