/**
 * Who may do what. An API key learns nothing of other organizations: whatever is not visibly its
 * own is answered with 404, whether it exists or not. 403 says "this is yours, but that is not for
 * API keys".
 */
import type { Operation } from '@tollkeeper/contract';
import type { Budget, Principal, Scope } from '@tollkeeper/core';
import type { Authenticated } from '../credentials/authority.ts';
import {
  isJwt,
  seesAll,
  TOKEN_FAULTS,
  type Person,
  type PersonAnswer,
} from '../credentials/people/person.ts';
import type { ClientPrincipal } from '../credentials/tokens/client-principal.ts';
import type { ClientAnswer } from '../credentials/tokens/token-authority.ts';
import type { EntryQuery } from '../ports/ledger-store.ts';
import type { Origin } from './audit-record.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, notFound } from './fault.ts';
import { anyKey } from './key-record.ts';

/** Who is asking. */
export type Who =
  | { readonly kind: 'anybody' }
  | { readonly kind: 'provisioning' }
  | { readonly kind: 'key'; readonly principal: Principal }
  | { readonly kind: 'client'; readonly client: ClientPrincipal }
  /** Who signed in. `principal` says what of one organization is seen; null: all of all. */
  | { readonly kind: 'person'; readonly person: Person; readonly principal: Principal | null };

/** Who is asking, by which request. */
export type Visitor = Who & { readonly origin: Origin };

/** What the request names, as it came. */
export interface Asked {
  readonly operation: Pick<
    Operation,
    'method' | 'access' | 'scope' | 'alsoProvisioning' | 'credentialHeader' | 'secret'
  >;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const ANYBODY: Who = { kind: 'anybody' };
/** What whoever sends no access token is told. */
export const NEEDS_TOKEN =
  'This needs an access token of an OAuth client as bearer. POST /auth/token gives one.';
const USAGE_SCOPES: readonly Scope[] = ['usage:self', 'usage:app', 'usage:org'];

/** Authenticates and authorises, before the body is read. Throws a `Fault`: 401, 403 or 404. */
export async function admit(deps: AdminDependencies, asked: Asked): Promise<Who> {
  const { access, alsoProvisioning } = asked.operation;
  if (access === 'public') return ANYBODY;
  if (access === 'client') {
    const bearer = bearerOf(asked.headers);
    const isClients = alsoProvisioning !== true || (bearer !== undefined && isJwt(bearer));
    const isPersons = bearer !== undefined && deps.people.knows(bearer);
    if (isClients && !(alsoProvisioning === true && isPersons)) {
      return admitClient(deps, asked, bearer);
    }
  }
  const token = tokenOf(asked);
  if (token === undefined) {
    throw new Fault(
      'UNAUTHORIZED',
      'No credential was sent. Send a key as X-API-Key or as bearer.',
    );
  }
  // A key header holds keys.
  if (token !== asked.headers['x-api-key'] && isJwt(token) && deps.people.isOpen) {
    return admitPerson(deps, asked, token);
  }
  // Not `authenticate`: nothing after this would notice a key that another process has revoked.
  const visitor = visitorOf(await deps.credentials.resolve(token));
  if (visitor.kind === 'key') await authorise(deps, asked, visitor.principal);
  return visitor;
}

function tokenOf({ operation, headers }: Asked): string | undefined {
  const key = headers['x-api-key'];
  if (typeof key === 'string' && key !== '') return key;
  const { credentialHeader } = operation;
  const own = credentialHeader === undefined ? undefined : headers[credentialHeader];
  // Some send it bare, some as they would send a bearer.
  const bare = typeof own === 'string' ? own.replace(/^bearer +/i, '') : '';
  return bare !== '' ? bare : bearerOf(headers);
}

/** The token that a request brings as bearer, if any. */
export function bearerOf(headers: Asked['headers']): string | undefined {
  const authorization = headers['authorization'];
  if (typeof authorization !== 'string') return undefined;
  return /^bearer +(\S+)$/i.exec(authorization)?.[1];
}

function visitorOf(answer: Authenticated): Who {
  switch (answer.kind) {
    case 'key':
      return { kind: 'key', principal: answer.caller.principal };
    case 'provisioning':
      return { kind: 'provisioning' };
    case 'unknown':
      throw new Fault('UNAUTHORIZED', 'The key is not known here. Check that it was copied whole.');
    case 'revoked':
      throw new Fault('UNAUTHORIZED', 'The key has been revoked.');
    case 'expired':
      throw new Fault('UNAUTHORIZED', 'The key has expired.');
    case 'wrong_kind':
      throw new Fault('UNAUTHORIZED', `The credential is ${answer.what}, not a Tollkeeper key.`);
  }
}

/** An OAuth client, by its access token, for what its token names. */
async function admitClient(
  deps: AdminDependencies,
  asked: Asked,
  bearer: string | undefined,
): Promise<Who> {
  if (bearer === undefined) throw new Fault('UNAUTHORIZED', NEEDS_TOKEN);
  return { kind: 'client', client: allowedClient(asked, await deps.oauth.tokens.resolve(bearer)) };
}

/**
 * The client of an access token, if it may do what is asked. Throws a `Fault`: 401 for the token,
 * 404 for what it does not name, 403 for what it is not good for.
 */
export function allowedClient(
  { operation, params }: Pick<Asked, 'operation' | 'params'>,
  answer: ClientAnswer,
): ClientPrincipal {
  if (answer.kind !== 'client') throw new Fault('UNAUTHORIZED', CLIENT_FAULTS[answer.kind]);
  const { client } = answer;
  const { org_id, app_id } = params;
  if (org_id !== undefined && org_id.toLowerCase() !== client.org_id) throw notFound(NAMED);
  // Of its organization as a whole, an application's client only reads.
  const mayApp = app_id === undefined ? operation.method === 'GET' : app_id === client.app_id;
  if (org_id !== undefined && client.app_id !== null && !mayApp) throw notFound(NAMED);
  const { scope } = operation;
  if (scope !== undefined && !client.scopes.includes(scope)) {
    throw new Fault('FORBIDDEN', `The access token lacks the scope ${scope}.`);
  }
  return client;
}

const NAMED = 'What the path names';
const CLIENT_FAULTS: { readonly [kind in Exclude<ClientAnswer['kind'], 'client'>]: string } = {
  invalid: 'The access token is not valid here.',
  expired: 'The access token has expired. POST /auth/refresh gives another.',
  revoked: 'The access token has been revoked.',
};

async function authorise(
  deps: AdminDependencies,
  asked: Asked,
  principal: Principal,
): Promise<void> {
  switch (asked.operation.access) {
    case 'public':
    case 'any_credential':
      return;
    case 'usage':
      if (USAGE_SCOPES.some((scope) => principal.scopes.includes(scope))) return;
      throw new Fault('FORBIDDEN', 'This API key has no scope that shows usage.');
    case 'client':
      throw new Fault('UNAUTHORIZED', NEEDS_TOKEN);
    case 'provisioning':
      if (!(await isOwn(deps, asked.params, principal))) throw notFound(NAMED);
      throw new Fault(
        'FORBIDDEN',
        'This needs the provisioning key; an API key never administers.',
      );
  }
}

/** Who signed in, for what the role allows. Throws a `Fault`: 401, 403 or 404. */
async function admitPerson(deps: AdminDependencies, asked: Asked, token: string): Promise<Who> {
  const who = personOf(await deps.people.resolve(token));
  const { access, alsoProvisioning, method, secret } = asked.operation;
  switch (access) {
    case 'public':
    case 'any_credential':
    case 'usage':
      return who;
    case 'client':
      if (alsoProvisioning !== true) throw new Fault('UNAUTHORIZED', NEEDS_TOKEN);
      break;
    case 'provisioning':
  }
  const { role } = who.person;
  if (secret === 'always' && role === 'platform_administrator') {
    throw new Fault('FORBIDDEN', 'Secrets are shown to the provisioning key only.');
  }
  if (role === 'platform_administrator') return who;
  if (role === 'finance' && method === 'GET' && secret !== 'always') return who;
  const own = who.principal === null || (await isOwn(deps, asked.params, who.principal));
  if (!own) throw notFound(NAMED);
  throw new Fault('FORBIDDEN', `The role ${role} does not administer.`);
}

type PersonWho = Extract<Who, { kind: 'person' }>;

function personOf(answer: PersonAnswer): PersonWho {
  switch (answer.kind) {
    case 'person': {
      const { person, caller } = answer;
      const principal = seesAll(person.role) ? null : (caller?.principal ?? null);
      // Whoever sees all has no principal; nobody else may come to be without one.
      if (principal === null && !seesAll(person.role)) throw withoutTenant();
      return { kind: 'person', person, principal };
    }
    case 'invalid':
      throw new Fault('UNAUTHORIZED', `The token is not valid: ${TOKEN_FAULTS[answer.fault]}.`);
    case 'expired':
      throw new Fault('UNAUTHORIZED', 'The token has expired. Sign in again.');
    case 'unknown_issuer':
      throw new Fault('UNAUTHORIZED', 'The issuer of the token is not trusted here.');
    case 'no_tenant':
      throw withoutTenant();
    case 'no_role':
      throw new Fault('FORBIDDEN', 'The token is good, but gives its owner no role here.');
    case 'unavailable':
      throw new Fault('SERVICE_UNAVAILABLE', 'The issuer of the token does not answer. Try again.');
  }
}

function withoutTenant(): Fault {
  return new Fault('UNAUTHORIZED', 'The token names no organization that is here.');
}

/** Whether everything that the path names is visibly of the key's own organization. */
async function isOwn(
  deps: AdminDependencies,
  params: Asked['params'],
  principal: Principal,
): Promise<boolean> {
  const { org_id, key_id, budget_id } = params;
  if (org_id !== undefined) return org_id.toLowerCase() === principal.org_id;
  if (key_id !== undefined) {
    const key = await anyKey(deps, key_id);
    return key?.org_id === principal.org_id;
  }
  if (budget_id !== undefined) {
    const states = await deps.ledger.budgets(deps.clock.now(), principal.org_id);
    return states.some(
      ({ budget }) => budget.budget_id === budget_id && seesBudget(principal, budget),
    );
  }
  return true;
}

/** Whether a key sees a budget: one that its own calls count in, or any of its organization. */
export function seesBudget(principal: Principal, budget: Budget): boolean {
  const { scope } = budget;
  if (scope.org_id !== principal.org_id) return false;
  if (principal.scopes.includes('usage:org')) return true;
  switch (scope.type) {
    case 'organization':
      return true;
    case 'application':
      return scope.app_id === principal.app_id;
    case 'user':
      return scope.user_id === principal.user_id;
    case 'key':
      return scope.key_id === principal.key_id;
  }
}

/** By what a visitor sees of one organization; null: by nothing, since it sees all. */
export function principalOf(visitor: Who): Principal | null {
  return visitor.kind === 'key' || visitor.kind === 'person' ? visitor.principal : null;
}

/** Members of a query that say whose usage is asked for. */
export type Whose = Pick<EntryQuery, 'org_id' | 'app_id' | 'user_id' | 'key_id'>;

/**
 * Forces a query into what the visitor may see; asking for more is a 404. `usage:org` shows the
 * organization, `usage:app` the application, `usage:self` the key's user if it has one, else the
 * key.
 */
export function narrow(visitor: Who, asked: Whose): Whose {
  if (visitor.kind === 'client') {
    const { org_id, app_id } = visitor.client;
    const own = { ...asked, org_id: same('org_id', asked.org_id, org_id) };
    return app_id === null ? own : { ...own, app_id: same('app_id', asked.app_id, app_id) };
  }
  const principal = principalOf(visitor);
  if (principal === null) return asked;
  const { org_id, app_id, user_id, key_id, scopes } = principal;
  const own = { ...asked, org_id: same('org_id', asked.org_id, org_id) };
  if (scopes.includes('usage:org')) return own;
  if (scopes.includes('usage:app')) return { ...own, app_id: same('app_id', asked.app_id, app_id) };
  if (key_id === null) throw notFound('The usage asked for');
  if (user_id === null || asked.key_id !== undefined) {
    if (user_id === null && asked.user_id !== undefined) throw notFound('The user_id asked for');
    if (asked.user_id !== undefined) same('user_id', asked.user_id, user_id);
    return { ...own, key_id: same('key_id', asked.key_id, key_id) };
  }
  return { ...own, user_id: same('user_id', asked.user_id, user_id) };
}

function same<T extends string | null>(member: string, asked: string | undefined, own: T): T {
  if (asked !== undefined && asked !== own) throw notFound(`The ${member} asked for`);
  return own;
}
