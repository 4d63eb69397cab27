/**
 * The issuer of a demo: hands out tokens for two tenants and one administrator to whoever asks, in
 * the shape of those of an Amazon Cognito user pool. Its key lives as long as its process, or those
 * that serve together. Nothing of it exists outside a demo on loopback.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { SignJWT, type JWTPayload } from 'jose';
import type { TrustedIssuer } from '../config/trusted-issuers.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';

/** Where the issuer is, under the endpoint of its demo. */
export const DEMO_ISSUER_PATH = '/demo-issuer';

/** The tenants of a demo; `admin` is nobody's. */
export const DEMO_TENANTS = ['tenant-1', 'tenant-2'] as const;

/** Whom a token can be had for. */
export const DEMO_PEOPLE = [...DEMO_TENANTS, 'admin'] as const;
export type DemoPerson = (typeof DEMO_PEOPLE)[number];

/** What a user of a demo's tenants calls for. */
export const DEMO_APPLICATION = 'web';

/** How long a token is good, in seconds. */
export const DEMO_TOKEN_SECONDS = 3_600;

const CLIENT_ID = 'tollkeeper-demo-web';
const ADMINISTRATORS = 'platform-administrators';
const ALGORITHM = 'RS256';
const KEY_BITS = 2_048;

/** A user's `sub` is a UUID that never changes. */
const SUBJECTS: { readonly [person in DemoPerson]: string } = {
  'tenant-1': '11111111-1111-4111-8111-111111111111',
  'tenant-2': '22222222-2222-4222-8222-222222222222',
  admin: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
};

export interface DemoTokens {
  readonly id_token: string;
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
}

interface Key {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface DemoIssuerParts {
  /** Of the demo, such as `http://127.0.0.1:8080`. */
  readonly endpoint: string;
  readonly clock: Clock;
  readonly ids: Ids;
  /** A private key as PEM, which the processes of one demo share. Absent: one is made. */
  readonly key?: string | undefined;
}

/** See the head of the file. */
export class DemoIssuer {
  /** `iss` of its tokens, and where it is. */
  readonly issuer: string;
  readonly #clock: Clock;
  readonly #ids: Ids;
  #key: Promise<Key> | undefined;

  constructor({ endpoint, clock, ids, key }: DemoIssuerParts) {
    this.issuer = `${endpoint}${DEMO_ISSUER_PATH}`;
    this.#clock = clock;
    this.#ids = ids;
    if (key !== undefined) this.#key = Promise.resolve(keyOf(key));
  }

  /** What is trusted of it. Its administrator may do all; its tenants' users buy and call. */
  get trusted(): TrustedIssuer {
    const everybody = DEMO_PEOPLE.map(emailOf);
    return {
      id: 'demo',
      issuer: this.issuer,
      kind: 'oidc',
      jwks_uri: `${this.issuer}/.well-known/jwks.json`,
      client_ids: [CLIENT_ID],
      token_use: null,
      algorithms: [ALGORITHM],
      hs256_secret_env: null,
      introspection_url: null,
      service_key_env: null,
      claims: {
        tenant: 'custom:tenant_id',
        user: 'sub',
        email: 'email',
        email_verified: 'email_verified',
        groups: 'cognito:groups',
        application: null,
      },
      tenants: DEMO_TENANTS,
      default_application: DEMO_APPLICATION,
      roles: { platform_administrator: { groups: [ADMINISTRATORS], emails: [] } },
      default_role: 'developer',
      permissions: { provisioned_throughput: { groups: [ADMINISTRATORS], emails: everybody } },
    };
  }

  /** Its configuration, as OpenID Connect Discovery 1.0 has it. */
  discovery(): Readonly<Record<string, unknown>> {
    return {
      issuer: this.issuer,
      jwks_uri: `${this.issuer}/.well-known/jwks.json`,
      token_endpoint: `${this.issuer}/demo-token`,
      id_token_signing_alg_values_supported: [ALGORITHM],
      response_types_supported: ['token'],
      subject_types_supported: ['public'],
    };
  }

  /** Its public key (RFC 7517). */
  async jwks(): Promise<Readonly<Record<string, unknown>>> {
    const { kid, publicKey } = await this.#keyPair();
    return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: ALGORITHM }] };
  }

  /** Both tokens of a person, good for an hour. */
  async tokens(person: DemoPerson): Promise<DemoTokens> {
    const iat = Math.floor(this.#clock.now() / 1_000);
    const tenant = person === 'admin' ? {} : { 'custom:tenant_id': person };
    const shared: JWTPayload = {
      iss: this.issuer,
      sub: SUBJECTS[person],
      ...tenant,
      ...(person === 'admin' ? { 'cognito:groups': [ADMINISTRATORS] } : {}),
      auth_time: iat,
      iat,
      exp: iat + DEMO_TOKEN_SECONDS,
    };
    const [id_token, access_token] = await Promise.all([
      this.#sign({
        ...shared,
        aud: CLIENT_ID,
        token_use: 'id',
        'cognito:username': person,
        email: emailOf(person),
        email_verified: true,
        jti: this.#ids.uuid(),
      }),
      this.#sign({
        ...shared,
        client_id: CLIENT_ID,
        token_use: 'access',
        username: person,
        scope: 'aws.cognito.signin.user.admin',
        jti: this.#ids.uuid(),
      }),
    ]);
    return { id_token, access_token, token_type: 'Bearer', expires_in: DEMO_TOKEN_SECONDS };
  }

  async #sign(claims: JWTPayload): Promise<string> {
    const { kid, privateKey } = await this.#keyPair();
    return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid }).sign(privateKey);
  }

  /** Made when the first token is asked for: most demos never need it. */
  #keyPair(): Promise<Key> {
    this.#key ??= promisify(generateKeyPair)('rsa', { modulusLength: KEY_BITS }).then((pair) => ({
      ...pair,
      kid: this.#ids.uuid(),
    }));
    return this.#key;
  }
}

function keyOf(pem: string): Key {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const bytes = publicKey.export({ type: 'spki', format: 'der' });
  return { privateKey, publicKey, kid: createHash('sha256').update(bytes).digest('base64url') };
}

function emailOf(person: DemoPerson): string {
  return `${person}@demo.example`;
}
