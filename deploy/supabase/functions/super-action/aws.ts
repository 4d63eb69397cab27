/** Calls of Bedrock's control plane, signed (AWS Signature Version 4) by what every runtime has. */
// @ts-types="./rules.d.ts"
import type { ControlAnswer, ControlCall } from './rules.js';

export interface AwsIdentity {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
  /** Scheme, host and port; AWS's own of the region unless it is set. */
  readonly endpoint: string;
}

const SERVICE = 'bedrock';
const WAIT_MS = 20_000;
const text = new TextEncoder();

/** Sends once. Never rejects. */
export async function callAws(
  identity: AwsIdentity,
  { method, path, body }: ControlCall,
): Promise<ControlAnswer> {
  try {
    const reply = await fetch(`${identity.endpoint}${path}`, {
      method,
      headers: await signed(identity, method, path, body ?? ''),
      ...(body === null ? {} : { body }),
      redirect: 'error',
      signal: AbortSignal.timeout(WAIT_MS),
    });
    const json = parse(await reply.text());
    const error = nameOf(reply.headers.get('x-amzn-errortype'));
    return { kind: 'answer', status: reply.status, body: json, error };
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    return { kind: 'unavailable', reason: isLate ? 'timeout' : 'unreachable' };
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

/** AWS adds a namespace before and a place behind. */
function nameOf(errorType: string | null): string | null {
  return errorType?.split(/[:#]/).find((part) => /^[A-Z]\w{0,79}$/.test(part)) ?? null;
}

async function signed(
  { region, accessKeyId, secretAccessKey, sessionToken, endpoint }: AwsIdentity,
  method: string,
  path: string,
  body: string,
): Promise<Record<string, string>> {
  const stamp = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const date = stamp.slice(0, 8);
  const headers: Record<string, string> = {
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
    host: new URL(endpoint).host,
    'x-amz-date': stamp,
    ...(sessionToken === null ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const [target = '', query = ''] = path.split('?', 2);
  const canonical = [
    method,
    // The path is encoded once more than it is sent; the query comes encoded and in order.
    target.split('/').map(encodeURIComponent).join('/'),
    query,
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    hex(await crypto.subtle.digest('SHA-256', text.encode(body))),
  ].join('\n');
  const scope = `${date}/${region}/${SERVICE}/aws4_request`;
  const digest = hex(await crypto.subtle.digest('SHA-256', text.encode(canonical)));
  let key: BufferSource = text.encode(`AWS4${secretAccessKey}`);
  for (const part of scope.split('/')) key = await hmac(key, part);
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, digest].join('\n');
  const signature = hex(await hmac(key, toSign));
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, ` +
    `SignedHeaders=${names.join(';')}, Signature=${signature}`;
  // `host` is signed, but set by whoever sends.
  const { host: _, ...sent } = headers;
  return { ...sent, authorization };
}

/** HMAC-SHA-256 of a text. */
export async function hmac(key: BufferSource, message: string): Promise<ArrayBuffer> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['sign']);
  return crypto.subtle.sign('HMAC', imported, text.encode(message));
}

export function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
