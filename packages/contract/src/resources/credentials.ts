/**
 * Secrets of OAuth clients: every organization and application has a client, whose secret can be
 * changed while the old one still works, and fetched once by a token. And the keys that sign access
 * tokens.
 */
import { Type } from 'typebox';
import { AppId, nullable, OrgId, strict, Time } from '../fields.ts';
import type { Operation } from '../operation.ts';

/** What a client shows at `/auth/token`. */
export const ClientCredentials = strict(
  {
    client_id: Type.String(),
    client_secret: Type.String({ description: 'Shown here and never again.' }),
  },
  'ClientCredentials',
);

const GRACE_HOURS_MAX = 168;

const RotateRequest = strict(
  {
    grace_period_hours: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: GRACE_HOURS_MAX,
        default: GRACE_HOURS_MAX,
        description: 'How long earlier secrets still work. Default 168.',
      }),
    ),
    revoke_tokens: Type.Optional(
      Type.Boolean({
        description: 'End every token of the client, for when its secret is known. Default false.',
      }),
    ),
  },
  'RotateRequest',
);

const rotation = {
  client_id: Type.String(),
  client_secret: Type.String({ description: 'The new secret. It is shown here.' }),
  rotation: strict({
    rotated_at: Time,
    old_secret_expires_at: Time,
    grace_period_hours: Type.Integer(),
  }),
  secret_retrieval: strict({
    url: Type.String({
      description: 'Path that gives the new secret once more, and then no more.',
    }),
    token: Type.String({ description: 'Can be sent in the body of a POST instead.' }),
    expires_at: Time,
  }),
};

const RetrievalToken = Type.String({
  minLength: 1,
  maxLength: 512,
  description: '`secret_retrieval.token` of the rotation.',
});

const Retrieved = strict(
  {
    client_id: Type.String(),
    client_secret: Type.String(),
    retrieved_at: Time,
    expires_at: Time,
    note: Type.String(),
  },
  'RetrievedSecret',
);

const SigningKey = strict(
  {
    kid: Type.String(),
    created_at: Time,
    signs_from: Time,
    retires_at: nullable(Time),
  },
  'SigningKey',
);
const SigningKeys = strict({ signing_keys: Type.Array(SigningKey) }, 'SigningKeys');

const ofOrg = strict({ org_id: OrgId });
const ofApp = strict({ org_id: OrgId, app_id: AppId });
const errors = ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'] as const;
const rotating = {
  method: 'POST',
  access: 'provisioning',
  secret: 'always',
  rate: 'rotate',
  query: null,
  body: RotateRequest,
  success: [200],
  errors: [...errors, 'RATE_LIMIT_EXCEEDED'],
} as const;
const retrieving = {
  access: 'provisioning',
  secret: 'always',
  rate: 'provisioning',
  result: Retrieved,
  success: [200],
  errors: [...errors, 'RATE_LIMIT_EXCEEDED'],
  command: null,
} as const;
const ORG = '/api/v1/orgs/{org_id}/credentials';
const APP = '/api/v1/orgs/{org_id}/apps/{app_id}/credentials';

export const credentials = {
  rotateOrganizationSecret: {
    ...rotating,
    path: `${ORG}/rotate`,
    summary: "Give the organization's client a new secret; the old one works until the grace ends",
    params: ofOrg,
    result: strict({ org_id: OrgId, ...rotation }, 'OrganizationSecretRotated'),
    command: { noun: 'orgs', verb: 'rotate-secret' },
  },
  rotateApplicationSecret: {
    ...rotating,
    path: `${APP}/rotate`,
    summary: "Give the application's client a new secret; the old one works until the grace ends",
    params: ofApp,
    result: strict({ org_id: OrgId, app_id: AppId, ...rotation }, 'ApplicationSecretRotated'),
    command: { noun: 'apps', verb: 'rotate-secret' },
  },
  getOrganizationSecret: {
    ...retrieving,
    method: 'GET',
    path: `${ORG}/secret`,
    summary: 'Fetch a new secret once, by the token of its rotation; POST keeps it out of the URL',
    params: ofOrg,
    query: strict({ token: RetrievalToken }),
    body: null,
  },
  fetchOrganizationSecret: {
    ...retrieving,
    method: 'POST',
    path: `${ORG}/secret`,
    summary: 'Fetch a new secret once, by the token of its rotation',
    params: ofOrg,
    query: null,
    body: strict({ token: RetrievalToken }),
  },
  getApplicationSecret: {
    ...retrieving,
    method: 'GET',
    path: `${APP}/secret`,
    summary: 'Fetch a new secret once, by the token of its rotation; POST keeps it out of the URL',
    params: ofApp,
    query: strict({ token: RetrievalToken }),
    body: null,
  },
  fetchApplicationSecret: {
    ...retrieving,
    method: 'POST',
    path: `${APP}/secret`,
    summary: 'Fetch a new secret once, by the token of its rotation',
    params: ofApp,
    query: null,
    body: strict({ token: RetrievalToken }),
  },
  listSigningKeys: {
    method: 'GET',
    path: '/api/v1/signing-keys',
    summary: 'List the keys that sign access tokens, newest first',
    access: 'provisioning',
    params: null,
    query: null,
    body: null,
    result: SigningKeys,
    success: [200],
    errors: ['UNAUTHORIZED', 'FORBIDDEN'],
    command: { noun: 'signing-keys', verb: 'list', main: true },
  },
  rotateSigningKeys: {
    method: 'POST',
    path: '/api/v1/signing-keys/rotate',
    summary: 'Sign tokens with a new key; those of older keys stay good until they expire',
    access: 'provisioning',
    params: null,
    query: null,
    body: strict({
      revoke_old: Type.Optional(
        Type.Boolean({
          description: 'Drop the old keys: every token is refused from now on. Default false.',
        }),
      ),
    }),
    result: SigningKeys,
    success: [200],
    errors: ['INVALID_REQUEST', 'INVALID_CONFIG', 'UNAUTHORIZED', 'FORBIDDEN'],
    command: { noun: 'signing-keys', verb: 'rotate' },
  },
} as const satisfies Record<string, Operation>;
