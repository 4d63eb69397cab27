/**
 * Which headers travel upstream. Everything the client sent does, but for what belongs to the
 * connection, what would carry the client's credentials, and what is ours.
 */
import { HOP_BY_HOP, nominatedHeaders } from '../http/exchange.ts';
import type { Call } from './call.ts';

/** Never relayed: credentials, what a signature covers, and what the transport sets itself. */
const NOT_RELAYED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'authorization',
  'x-api-key',
  'cookie',
  'host',
  'content-length',
  'expect',
  'http2-settings',
  'accept-encoding',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/** Names the gateway that sent a request, so that one whose upstream is itself notices. */
export const GATEWAY_HEADER = 'x-tollkeeper-gateway';
/** Names the attempt: chosen before dispatch, the key of its ledger entry. */
export const ATTEMPT_HEADER = 'x-tollkeeper-attempt-id';

/**
 * Headers of the upstream request. Replies must come uncompressed, because a copy is read for its
 * usage; clients of Bedrock get uncompressed replies anyway.
 */
export function upstreamHeaders(
  call: Call,
  stamps: { readonly gatewayId: string; readonly attemptId: string; readonly demo: boolean },
): Record<string, string> {
  const headers: Record<string, string> = {};
  const { headers: received } = call.exchange.request;
  const nominated = nominatedHeaders(call.exchange.header('connection'));
  for (const name in received) {
    if (!isRelayed(name, stamps.demo) || nominated?.has(name) === true) continue;
    const value = received[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  headers['accept-encoding'] = 'identity';
  headers[GATEWAY_HEADER] = stamps.gatewayId;
  headers[ATTEMPT_HEADER] = stamps.attemptId;
  return headers;
}

function isRelayed(name: string, demo: boolean): boolean {
  if (name.charCodeAt(0) === 58 /* ':' of an HTTP/2 pseudo-header */ || NOT_RELAYED.has(name)) {
    return false;
  }
  if (name.startsWith('x-tollkeeper-')) return false;
  return demo || !name.startsWith('x-simulator-');
}
