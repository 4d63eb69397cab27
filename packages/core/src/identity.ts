/**
 * Who a call belongs to. A credential resolves to a principal; the principal and the resolved model
 * make the subject, which is what budgets are matched against and what every entry names.
 */

/**
 * What an API credential may see. An API key never administers; the provisioning key never spends.
 */
export type Scope = 'invoke' | 'usage:self' | 'usage:app' | 'usage:org';

/** How calls of one key are treated. The first value of each union is the default. */
export interface KeyPolicy {
  /** Answer non-streamed calls with the cost headers (the reply is buffered up to a bound). */
  readonly cost_headers: boolean;
  /** Name of a request header whose value names the end user, or null when none is trusted. */
  readonly user_header: string | null;
  /** A model without a price: refuse the call, or send it and flag the entry. */
  readonly unpriced: 'refuse' | 'flag';
  /** A request whose cost cannot be bounded: refuse it, or cap its hold at what is left. */
  readonly unbounded: 'refuse' | 'cap';
  /**
   * A guardrail beside the model whose reply shows no units: estimate them from the length of the
   * texts, or flag the entry as not fully priced.
   */
  readonly untraced_guardrail: 'estimate' | 'flag';
}

/** The policy of a key that states none. */
export const DEFAULT_KEY_POLICY: KeyPolicy = Object.freeze({
  cost_headers: true,
  user_header: null,
  unpriced: 'refuse',
  unbounded: 'refuse',
  untraced_guardrail: 'estimate',
});

/** Rates a key, application or organization may not pass. Absent members are unlimited. */
export interface RateLimits {
  readonly requests_per_minute?: number;
  readonly tokens_per_minute?: number;
  readonly concurrent_requests?: number;
}

/**
 * What of the gateway's own AWS rights an organization may use. Identifiers that name an AWS
 * account and S3 locations are refused unless a grant covers them; model grants are for models that
 * need one.
 */
export type GrantKind = 'arn' | 's3_prefix' | 'model';

/** One grant. `region` narrows it to calls of that region; null means any. */
export interface Grant {
  readonly grant_id: string;
  readonly kind: GrantKind;
  /** An ARN, an `s3://bucket/prefix`, or a model id, by `kind`. */
  readonly value: string;
  readonly region: string | null;
}

/** What a spending credential resolves to. Ids are opaque strings; `org_id` is a UUID. */
export interface Principal {
  readonly org_id: string;
  readonly app_id: string;
  /** Null: a person who signed in. */
  readonly key_id: string | null;
  /** The user fixed on the key, or null. A trusted user header may name one per call. */
  readonly user_id: string | null;
  readonly scopes: readonly Scope[];
  /** Model ids the key may call, or null for all that the organization may. */
  readonly models: readonly string[] | null;
  readonly policy: KeyPolicy;
}

/** Everything a budget can be matched against, for one attempt. */
export interface Subject {
  readonly org_id: string;
  readonly app_id: string;
  readonly user_id: string | null;
  readonly key_id: string | null;
  readonly label: string | null;
  readonly model_id: string;
}

/** What of an entry says where it counts. */
export function subjectIn({ org_id, app_id, user_id, key_id, label, model_id }: Subject): Subject {
  return { org_id, app_id, user_id, key_id, label, model_id };
}
