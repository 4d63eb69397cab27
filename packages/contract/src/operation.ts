/**
 * What an operation of the management API is: one record, from which everything else is derived.
 */
import type { Static, TObject, TSchema } from 'typebox';
import type { ErrorCode } from './errors.ts';

/**
 * Who may call an operation: `public` anybody; `any_credential` every valid key; `usage` the
 * provisioning key, and API keys with a `usage:*` scope within what that scope shows;
 * `provisioning` the provisioning key alone; `client` OAuth clients, each for what its token names.
 * People who sign in: what their role says, a platform administrator nearly as the provisioning
 * key.
 */
export type Access = 'public' | 'any_credential' | 'usage' | 'provisioning' | 'client';

/** What an access token of an OAuth client may be good for. */
export const CLIENT_SCOPES = ['read:aggregates', 'write:costs', 'read:model-selection'] as const;

/** What an access token of an OAuth client may be good for. */
export type ClientScope = (typeof CLIENT_SCOPES)[number];

/** Operations that are limited together, by credential. */
export const RATE_CLASSES = [
  'token',
  'refresh',
  'revoke',
  'provisioning',
  'rotate',
  'aggregates',
  'model_selection',
  'usage',
  'usage_batch',
  'management',
] as const;

/** Operations that are limited together, by credential. */
export type RateClass = (typeof RATE_CLASSES)[number];

/** One operation. Members without a schema are null: nothing is accepted there. */
export interface Operation {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With `{name}` for each path parameter. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** What a client's token must be good for; only with access `client`. */
  readonly scope?: ClientScope;
  /** The provisioning key may as well; only with access `client`. */
  readonly alsoProvisioning?: true;
  /** A header that may hold the credential, beside the usual ones; in lower case. */
  readonly credentialHeader?: 'auth';
  /** A body that comes is not looked at, whatever it says. */
  readonly anyBody?: true;
  /**
   * The answer holds a secret: it is made for the provisioning key alone. `when_created`: only of
   * what is new; others than the provisioning key get the answer without it.
   */
  readonly secret?: 'always' | 'when_created';
  /** With which operations it is limited; null: without limit. Absent: `management`. */
  readonly rate?: RateClass | null;
  readonly params: TObject | null;
  readonly query: TObject | null;
  readonly body: TObject | null;
  /** The body may be a form as well (RFC 6749). */
  readonly form?: true;
  /** Schema of the answer, or null when there is no content. */
  readonly result: TSchema | null;
  /**
   * The answer is a stream of server-sent events, each of the result's schema, until one side ends
   * it.
   */
  readonly streams?: true;
  /** Statuses of good answers, the usual one first. */
  readonly success: readonly number[];
  /** Codes that it may answer with, besides those of all operations. */
  readonly errors: readonly ErrorCode[];
  /** The command that does this, or null when people have no use for one. */
  readonly command: CommandOf | null;
}

/** `tollkeeper <noun> <verb>`; no verb: the noun alone does it. */
export interface CommandOf {
  readonly noun: string;
  readonly verb: string | null;
  /** Whether it is what the noun does when no verb is given. */
  readonly main?: boolean;
  /** Query members that the command states when its user does not. */
  readonly defaults?: Readonly<Record<string, string>>;
  /** Other names of flags by the body's member: what users of other systems type. */
  readonly alsoFlags?: Readonly<Record<string, string>>;
  /** Beside a demo its parameters may be left out: those of the demo are meant. */
  readonly ofDemo?: true;
}

type StaticOr<S, Otherwise> = S extends TSchema ? Static<S> : Otherwise;

/** What a handler is given: each part as its schema says; parts without one are empty. */
export interface RequestOf<O extends Operation> {
  readonly params: StaticOr<O['params'], Empty>;
  readonly query: StaticOr<O['query'], Empty>;
  readonly body: StaticOr<O['body'], Empty>;
}

/** What an operation answers with; undefined when there is no content. */
export type ResultOf<O extends Operation> = O extends { readonly streams: true }
  ? AsyncIterable<StaticOr<O['result'], undefined>>
  : StaticOr<O['result'], undefined>;

/** What a handler gives back. */
export interface AnswerOf<O extends Operation> {
  readonly status: O['success'][number];
  readonly body: ResultOf<O>;
  /**
   * Headers of the answer, by names in lower case. With an `etag`, whoever has it already
   * (`If-None-Match`) gets 304 and no body.
   */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Nothing is accepted here. */
export type Empty = Readonly<Record<never, never>>;
