/** The setting of the issuers whose tokens sign people in. It exists in the settings file alone. */
import { PERMISSIONS, ROLES } from './roles.ts';
import {
  listIn,
  onlyKnown,
  recordOf,
  structured,
  textIn,
  textsIn,
  wordIn,
  Wrong,
} from './structured-setting.ts';
import {
  comparedEmail,
  type Bearers,
  type ClaimNames,
  type IssuerKind,
  type TrustedIssuer,
} from './trusted-issuers.ts';

const ISSUERS_MAX = 50;
const LIST_MAX = 1_000;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const KINDS = ['oidc', 'hs256', 'introspection'] as const;
const TOKEN_USES = ['id', 'access'] as const;
/** What a published key may sign by. A shared secret is no key that is published. */
const ASYMMETRIC = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** Whoever may see more than one organization, or administer one, is named. */
const DEFAULT_ROLES = ['developer', 'viewer', 'none'] as const;
const ALGORITHMS_DEFAULT = ['RS256', 'ES256'];

const MEMBERS = [
  ...['id', 'issuer', 'kind', 'jwks_uri', 'client_ids', 'token_use', 'algorithms'],
  ...['hs256_secret_env', 'introspection_url', 'service_key_env', 'claims', 'tenants'],
  ...['default_application', 'roles', 'default_role', 'permissions'],
];

const CLAIM_DEFAULTS: ClaimNames = {
  tenant: 'custom:tenant_id',
  user: 'sub',
  email: 'email',
  email_verified: 'email_verified',
  groups: 'cognito:groups',
  application: null,
};

/** What people can write into their own tokens: nothing of it may say who they are. */
const WRITABLE = /^user_metadata(\.|$)/;

function claimsIn(where: string, given: unknown): ClaimNames {
  const stated = recordOf(where, given ?? {});
  onlyKnown(where, Object.keys(stated), Object.keys(CLAIM_DEFAULTS));
  const name = <D extends string | null>(member: keyof ClaimNames, otherwise: D): string | D => {
    const value = stated[member];
    if (value === undefined || value === null) return otherwise;
    const text = textIn(`${where}.${member}`, value);
    if (!WRITABLE.test(text)) return text;
    throw new Wrong(
      `${where}.${member} must not be in user_metadata: people write that themselves`,
    );
  };
  return Object.freeze({
    tenant: name('tenant', CLAIM_DEFAULTS.tenant),
    user: name('user', CLAIM_DEFAULTS.user),
    email: name('email', CLAIM_DEFAULTS.email),
    email_verified: name('email_verified', CLAIM_DEFAULTS.email_verified),
    groups: name('groups', CLAIM_DEFAULTS.groups),
    application: name('application', null),
  });
}

function bearersIn<N extends string>(
  where: string,
  given: unknown,
  names: readonly N[],
): Readonly<Partial<Record<N, Bearers>>> {
  const stated = recordOf(where, given ?? {});
  onlyKnown(where, Object.keys(stated), names);
  const found: Partial<Record<N, Bearers>> = {};
  for (const name of names) {
    if (stated[name] === undefined) continue;
    const of = `${where}.${name}`;
    const bearers = recordOf(of, stated[name]);
    onlyKnown(of, Object.keys(bearers), ['groups', 'emails']);
    const emails = textsIn(`${of}.emails`, bearers['emails'] ?? [], LIST_MAX);
    found[name] = Object.freeze({
      groups: textsIn(`${of}.groups`, bearers['groups'] ?? [], LIST_MAX),
      emails: emails.map(comparedEmail),
    });
  }
  return Object.freeze(found);
}

/** Keys that come over a line that others can write to would let them in. */
function urlIn(where: string, given: unknown): string {
  const url = URL.parse(textIn(where, given));
  const local = url !== null && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  const good = url?.protocol === 'https:' || (url?.protocol === 'http:' && local);
  if (url !== null && good && url.username === '' && url.hash === '') return String(given);
  throw new Wrong(`${where} must be an https URL (http only on this machine)`);
}

function variableIn(where: string, given: unknown): string {
  if (typeof given === 'string' && VARIABLE.test(given)) return given;
  throw new Wrong(`${where} must be the name of an environment variable, not a secret itself`);
}

type Stated = Readonly<Record<string, unknown>>;

/** What only one kind of issuer has, and that kind must have. */
function proofIn(
  where: string,
  kind: IssuerKind,
  stated: Stated,
): Pick<
  TrustedIssuer,
  'jwks_uri' | 'algorithms' | 'hs256_secret_env' | 'introspection_url' | 'service_key_env'
> {
  const only = (member: string, of: IssuerKind): void => {
    if (kind === of || stated[member] === undefined) return;
    throw new Wrong(`${where}.${member} must be left out: it is for the kind ${of}`);
  };
  only('jwks_uri', 'oidc');
  only('algorithms', 'oidc');
  only('hs256_secret_env', 'hs256');
  only('introspection_url', 'introspection');
  only('service_key_env', 'introspection');
  const none = { jwks_uri: null, hs256_secret_env: null, introspection_url: null } as const;
  const bare = { ...none, service_key_env: null };
  const at = (member: string): string => `${where}.${member}`;
  const given = (member: string): unknown => stated[member];
  switch (kind) {
    case 'oidc': {
      const uri = given('jwks_uri') ?? null;
      const named = given('algorithms') ?? ALGORITHMS_DEFAULT;
      const list = listIn(at('algorithms'), named, ASYMMETRIC.length);
      if (list.length === 0) throw new Wrong(`${at('algorithms')} must name one at least`);
      const algorithms = list.map((each) => wordIn(at('algorithms'), each, ASYMMETRIC));
      return { ...bare, jwks_uri: uri === null ? null : urlIn(at('jwks_uri'), uri), algorithms };
    }
    case 'hs256': {
      const hs256_secret_env = variableIn(at('hs256_secret_env'), given('hs256_secret_env'));
      return { ...bare, algorithms: ['HS256'], hs256_secret_env };
    }
    case 'introspection': {
      const introspection_url = urlIn(at('introspection_url'), given('introspection_url'));
      const key = given('service_key_env') ?? null;
      const service_key_env = key === null ? null : variableIn(at('service_key_env'), key);
      // Whoever made the token says whether it is good, whatever it was signed by.
      return { ...bare, algorithms: [...ASYMMETRIC, 'HS256'], introspection_url, service_key_env };
    }
  }
}

function issuerIn(where: string, given: unknown): TrustedIssuer {
  const stated = recordOf(where, given);
  onlyKnown(where, Object.keys(stated), MEMBERS);
  const id = textIn(`${where}.id`, stated['id']);
  if (!ID.test(id)) {
    throw new Wrong(`${where}.id must be letters, digits, dots, dashes and underscores`);
  }
  const kind = wordIn(`${where}.kind`, stated['kind'] ?? 'oidc', KINDS);
  const client_ids = textsIn(`${where}.client_ids`, stated['client_ids'], LIST_MAX);
  if (client_ids.length === 0) throw new Wrong(`${where}.client_ids must name one at least`);
  const uses = stated['token_use'] ?? null;
  const token_use =
    uses === null
      ? null
      : listIn(`${where}.token_use`, uses, TOKEN_USES.length).map((use) =>
          wordIn(`${where}.token_use`, use, TOKEN_USES),
        );
  const application = textIn(
    `${where}.default_application`,
    stated['default_application'] ?? 'web',
  );
  if (!ID.test(application)) {
    throw new Wrong(`${where}.default_application must be the id of an application`);
  }
  const tenants = stated['tenants'] ?? null;
  const role = wordIn(
    `${where}.default_role`,
    stated['default_role'] ?? 'developer',
    DEFAULT_ROLES,
  );
  return Object.freeze({
    id,
    issuer: urlIn(`${where}.issuer`, stated['issuer']),
    kind,
    client_ids,
    token_use,
    ...proofIn(where, kind, stated),
    claims: claimsIn(`${where}.claims`, stated['claims']),
    tenants: tenants === null ? null : textsIn(`${where}.tenants`, tenants, LIST_MAX),
    default_application: application,
    roles: bearersIn(`${where}.roles`, stated['roles'], ROLES),
    default_role: role === 'none' ? null : role,
    permissions: bearersIn(`${where}.permissions`, stated['permissions'], PERMISSIONS),
  });
}

/** One issuer as the settings file states it; `where` names it in messages. Throws an `Error`. */
export function trustedIssuerFrom(given: unknown, where = 'trusted_issuers[0]'): TrustedIssuer {
  return issuerIn(where, given);
}

function issuersIn(given: unknown): readonly TrustedIssuer[] {
  const list = listIn('trusted_issuers', given, ISSUERS_MAX);
  const issuers = list.map((each, at) => issuerIn(`trusted_issuers[${at}]`, each));
  const ids = new Set(issuers.map(({ id }) => id));
  if (ids.size < issuers.length) throw new Wrong('trusted_issuers must have different ids');
  return Object.freeze(issuers);
}

export const identity = {
  trustedIssuers: structured<readonly TrustedIssuer[]>({
    default: [],
    description:
      'Who signs people in, as a list. Each has `id`, `issuer`, `kind` (`oidc`, `hs256` or ' +
      '`introspection`) and `client_ids`; the guide of people who sign in has all members.',
    expects: 'a list of issuers',
    shown: 'none',
    read: issuersIn,
  }),
} as const;

/** Names of variables that the issuers of a settings file point to, before it is judged. */
export function variablesOfIssuers(given: unknown): readonly string[] {
  if (!Array.isArray(given)) return [];
  const names = given.flatMap((each: unknown): readonly unknown[] =>
    typeof each === 'object' && each !== null
      ? [Reflect.get(each, 'hs256_secret_env'), Reflect.get(each, 'service_key_env')]
      : [],
  );
  return names.filter((name) => typeof name === 'string');
}
