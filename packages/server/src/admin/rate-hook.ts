/**
 * Rate limits where requests come in: each answer of a limited operation says how many requests
 * are left, and one too many is a 429 that says when to come back.
 */
import type { RateClass } from '@tollkeeper/contract';
import type { FastifyReply } from 'fastify';
import { networkOf } from '../credentials/clients/failed-attempts.ts';
import { limit, type Limited, type RequestLimits } from '../keeper/request-limits.ts';
import type { Who } from './access.ts';
import { Fault } from './fault.ts';

/** What is counted, as far as it is known so far. */
export interface Counting {
  readonly rateClass: RateClass;
  readonly credentialId: string;
  /** Where the request comes from, when nobody has proven who sent it. */
  readonly address: string | null;
}

/** Operations whose credential is in the body: they are counted once that has been read. */
const IN_BODY: readonly RateClass[] = ['token', 'refresh'];

/** Counts a request and puts its headers into the answer. Throws a `Fault`: 429. */
export async function limitRequest(
  deps: { readonly limits: RequestLimits },
  { rateClass, credentialId, address }: Counting,
  reply: FastifyReply,
): Promise<void> {
  const limited = await limit(deps, rateClass, credentialId, address);
  reply.headers(limited.headers);
  refuseLimited(limited);
}

/** Throws a `Fault` where a request is one too many: 429. */
export function refuseLimited({ refused }: Limited): void {
  if (refused === undefined) return;
  const { message, details, retryAfterSeconds } = refused;
  throw new Fault('RATE_LIMIT_EXCEEDED', message, details, retryAfterSeconds);
}

/** What a request counts as before its body is read; undefined: it is counted after, or never. */
export function countingByCredential(
  rate: RateClass | null | undefined,
  who: Who,
  address: string | null,
): Counting | undefined {
  if (rate === null || (rate !== undefined && IN_BODY.includes(rate))) return undefined;
  const rateClass = rate ?? 'management';
  switch (who.kind) {
    case 'anybody':
      return { rateClass, credentialId: 'anonymous', address: networkOf(address ?? 'unknown') };
    case 'provisioning':
      return { rateClass, credentialId: 'provisioning', address: null };
    case 'key':
      return { rateClass, credentialId: who.principal.key_id ?? '', address: null };
    case 'person': {
      const { issuer_id, subject } = who.person;
      return { rateClass, credentialId: `person/${issuer_id}/${subject}`, address: null };
    }
    case 'client':
      return { rateClass, credentialId: who.client.client_id, address: null };
  }
}

/**
 * What a request for a token counts as: the client that it claims to be, from its address, so that
 * nobody can use up the limit of a client from elsewhere. Undefined for all other operations.
 */
export function countingByBody(
  rate: RateClass | null | undefined,
  body: unknown,
  address: string | null,
): Counting | undefined {
  if (rate === null || rate === undefined || !IN_BODY.includes(rate)) return undefined;
  const credentialId = claimedIn(body) ?? 'unknown';
  return { rateClass: rate, credentialId, address: networkOf(address ?? 'unknown') };
}

function claimedIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { client_id, refresh_token } = body as Readonly<Record<string, unknown>>;
  if (typeof client_id === 'string' && client_id !== '') return client_id;
  return typeof refresh_token === 'string' ? subjectOf(refresh_token) : undefined;
}

/** Whom a token says that it is for; whether that is true is for others to find out. */
function subjectOf(token: string): string | undefined {
  const payload = token.split('.', 3)[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null || !('sub' in claims)) return undefined;
    return typeof claims.sub === 'string' ? claims.sub : undefined;
  } catch {
    return undefined;
  }
}
