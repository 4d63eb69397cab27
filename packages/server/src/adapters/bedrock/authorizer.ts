/**
 * How requests to Bedrock are authorised: a Bedrock API key, or SigV4 under the gateway's AWS
 * identity (AWS Signature Version 4, header form).
 *
 * Every call is signed, so signing is what a call costs: with the key of the day and the
 * credentials at hand it takes two hashes and nothing to wait for.
 */
import { hash } from 'node:crypto';
import { canonicalRequest } from '../../credentials/sigv4/canonical-request.ts';
import { ALGORITHM, scopeText, signatureOf } from '../../credentials/sigv4/signature.ts';
import { SigningKeys } from '../../credentials/sigv4/signing-keys.ts';
import type { Authorizer, UpstreamRequest } from '../../ports/upstream.ts';

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

export interface SigV4Options {
  readonly origin: string;
  readonly region: string;
  /** A provider is asked again shortly before what it gave expires. */
  readonly credentials: AwsCredentials | (() => Promise<AwsCredentials>);
  /** Milliseconds since the epoch; the system's clock when absent. */
  readonly now?: () => number;
}

const SERVICE = 'bedrock';
/** The SDK's providers renew credentials five minutes before they expire. */
const RENEWED_BEFORE_MS = 5 * 60_000;

/**
 * SigV4 for the service name `bedrock`; the path is encoded once more in the canonical request, as
 * AWS wants.
 */
export function sigV4Authorizer({
  origin,
  region,
  credentials,
  now = Date.now,
}: SigV4Options): Authorizer {
  const { host } = new URL(origin);
  const keys = new SigningKeys();
  let known = typeof credentials === 'function' ? undefined : credentials;
  return {
    authorize(request) {
      const at = now();
      if (typeof credentials !== 'function') {
        return signed(request, { host, region, keys, credentials, at });
      }
      if (known !== undefined && isFresh(known, at)) {
        return signed(request, { host, region, keys, credentials: known, at });
      }
      return credentials().then((given) => {
        known = given;
        return signed(request, { host, region, keys, credentials: given, at: now() });
      });
    },
  };
}

interface Signing {
  readonly host: string;
  readonly region: string;
  readonly keys: SigningKeys;
  readonly credentials: AwsCredentials;
  readonly at: number;
}

/** The request's headers with those that authorise it. */
function signed(
  request: UpstreamRequest,
  { host, region, keys, credentials, at }: Signing,
): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const stamp = `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const date = stamp.slice(0, 8);
  const headers: Record<string, string> = { ...request.headers, host, 'x-amz-date': stamp };
  if (sessionToken !== undefined) headers['x-amz-security-token'] = sessionToken;
  const names = Object.keys(headers).filter(isSigned).toSorted();
  const canonical = canonicalRequest(
    {
      method: request.method ?? 'POST',
      target: request.path,
      header: (name) => headers[name],
    },
    names,
    hash('sha256', request.body, 'hex'),
  );
  const key = keys.of({ accessKeyId, date, region, service: SERVICE }, () => secretAccessKey);
  if (canonical === undefined || key === undefined) throw new Error('The path cannot be signed.');
  const scope = { stamp, date, region, service: SERVICE };
  const signature = signatureOf(canonical, scope, key).toString('hex');
  headers['authorization'] =
    `${ALGORITHM} Credential=${accessKeyId}/${scopeText(scope)}, ` +
    `SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return headers;
}

/**
 * What AWS asks for and what it may bill or act by. A client's other headers stay out: one that a
 * proxy rewrites, or whose bytes are no ASCII, must not spoil the signature.
 */
function isSigned(name: string): boolean {
  return (
    name === 'host' ||
    name === 'content-type' ||
    name.startsWith('x-amz-') ||
    name.startsWith('x-amzn-bedrock-')
  );
}

function isFresh({ expiration }: AwsCredentials, at: number): boolean {
  return expiration === undefined || expiration.getTime() - at > RENEWED_BEFORE_MS;
}
