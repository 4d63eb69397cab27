/** Sends messages to webhooks: one connection each, to the address that was checked. */
import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { WebhookMessage, WebhookSender, WebhookSent } from '../../ports/webhook-sender.ts';
import { kindOfAddress } from './address.ts';

/** One address that a host name stands for. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface WebhookSenderOptions {
  /** For all of it: look-up, connection, request and answer. */
  readonly timeoutMs: number;
  /** Whether private, loopback and link-local addresses may be called, and plain HTTP be spoken. */
  readonly privateAddresses: boolean;
  /** Who looks host names up; the system's own resolver unless a test says otherwise. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>;
}

/** Most of a reply's body that is waited for; its status is all that is wanted. */
const REPLY_BYTES_MAX = 16_384;
const REPLY_HEADER_BYTES_MAX = 16_384;

const systemResolver = (host: string): Promise<readonly ResolvedAddress[]> =>
  lookup(host, { all: true, order: 'verbatim' });

export function webhookSender(options: WebhookSenderOptions): WebhookSender {
  const { timeoutMs, privateAddresses, resolve = systemResolver } = options;
  const allowed = (address: string): boolean => {
    const kind = kindOfAddress(address);
    return kind === 'public' || (kind === 'private' && privateAddresses);
  };

  const attempt = async (message: WebhookMessage, signal: AbortSignal): Promise<WebhookSent> => {
    const url = new URL(message.url);
    if (problemOf(message.url, options, allowed) !== undefined) return refused;
    const found = await addressesOf(hostOf(url), resolve);
    if (found.length === 0) return { kind: 'failed', reason: 'host_not_found' };
    // One that is not allowed is enough: names that mean well do not stand for such a mixture.
    if (!found.every(({ address }) => allowed(address))) return refused;
    return post(url, message, found, signal);
  };

  return {
    problemOf: (url) => problemOf(url, options, allowed),
    async send(message) {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        return await Promise.race([attempt(message, signal), aborted(signal)]);
      } catch {
        return { kind: 'failed', reason: signal.aborted ? 'timeout' : 'connection_failed' };
      }
    },
  };
}

const refused: WebhookSent = { kind: 'failed', reason: 'address_not_allowed' };

function problemOf(
  text: string,
  { privateAddresses }: Pick<WebhookSenderOptions, 'privateAddresses'>,
  allowed: (address: string) => boolean,
): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'must be an absolute URL';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && privateAddresses)) {
    return 'must begin with https://';
  }
  if (url.username !== '' || url.password !== '') return 'must not contain a user or a password';
  if (url.hash !== '') return 'must not have a fragment';
  const host = hostOf(url);
  if (isIP(host) !== 0 && !allowed(host)) return 'names an address that must not be called';
  return undefined;
}

/** Without the brackets of IPv6. Other ways to write an IPv4 address are dotted by the parser. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

async function addressesOf(
  host: string,
  resolve: (host: string) => Promise<readonly ResolvedAddress[]>,
): Promise<readonly ResolvedAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  try {
    return await resolve(host);
  } catch {
    return [];
  }
}

/** Posts to one of the addresses found: the name is not looked up a second time. */
function post(
  url: URL,
  message: WebhookMessage,
  found: readonly ResolvedAddress[],
  signal: AbortSignal,
): Promise<WebhookSent> {
  const [first = { address: '', family: 4 }] = found;
  const pinned: LookupFunction = (_host, { all }, done) => {
    if (all === true) done(null, [...found]);
    else done(null, first.address, first.family);
  };
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, {
      method: 'POST',
      // No connection is kept: the next message may go to another address.
      agent: false,
      lookup: pinned,
      signal,
      maxHeaderSize: REPLY_HEADER_BYTES_MAX,
      headers: { ...message.headers, 'content-length': message.body.byteLength },
    });
    request.on('response', (reply) => {
      resolve({ kind: 'answered', status: reply.statusCode ?? 0 });
      hearOut(reply);
    });
    request.on('error', reject);
    request.on('close', () => reject(new Error('The connection ended without an answer.')));
    request.end(message.body);
  });
}

/** Lets a reply end, so that its sender sees no broken connection; it is cut off beyond a bound. */
function hearOut(reply: IncomingMessage): void {
  let bytes = 0;
  reply.on('data', (part: Buffer) => {
    bytes += part.byteLength;
    if (bytes > REPLY_BYTES_MAX) reply.destroy();
  });
  // The status is known; how the rest ends is of no interest.
  reply.on('error', () => undefined);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('It took too long.')), { once: true });
  });
}
