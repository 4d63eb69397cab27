/**
 * Who a token is: Supabase is asked, so that old projects (one shared secret) and new ones
 * (published keys) are the same, and a user who was signed out or deleted is nobody at once.
 */
// @ts-types="./rules.d.ts"
import type { Actor } from './rules.js';

export interface Project {
  readonly url: string;
  readonly serviceRoleKey: string;
}

export type SignedIn =
  | { readonly kind: 'actor'; readonly actor: Actor }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unavailable' };

const WAIT_MS = 10_000;

/** Never rejects. What a user may do stands in `app_metadata`, which users cannot write. */
export async function signedIn(
  { url, serviceRoleKey }: Project,
  authorization: string | null,
): Promise<SignedIn> {
  const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return { kind: 'refused', reason: 'no token was sent as bearer' };
  try {
    const reply = await fetch(`${url}/auth/v1/user`, {
      headers: { authorization: `Bearer ${token}`, apikey: serviceRoleKey },
      redirect: 'error',
      signal: AbortSignal.timeout(WAIT_MS),
    });
    if (reply.status >= 500 || reply.status === 429) return { kind: 'unavailable' };
    const user: unknown = await reply.json();
    const id = member(user, 'id');
    if (!reply.ok || typeof id !== 'string' || id === '') {
      return { kind: 'refused', reason: 'the token is not one of a user of this project' };
    }
    // Anybody can be one of these: a project may let visitors in without asking who they are.
    if (member(user, 'is_anonymous') === true) {
      return { kind: 'refused', reason: 'the token is of an anonymous user' };
    }
    return { kind: 'actor', actor: actorOf(id, member(user, 'app_metadata')) };
  } catch {
    return { kind: 'unavailable' };
  }
}

function actorOf(userId: string, metadata: unknown): Actor {
  const isAdministrator = member(metadata, 'role') === 'administrator';
  const permissions = member(metadata, 'permissions');
  const given = Array.isArray(permissions) && permissions.includes('provisioned_throughput');
  return {
    // A project is one organization, and has one issuer.
    ...{ orgId: '', issuerId: '', userId },
    administers: isAdministrator ? 'everything' : 'nothing',
    seesAll: true,
    permitted: isAdministrator || given,
  };
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
