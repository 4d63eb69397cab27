/**
 * The fields that several resources share: ids, money, times and pages. Each is declared once,
 * with its bound, so that a name means and allows the same everywhere.
 */
import { Type, type TSchema } from 'typebox';

/** Ids that callers choose: applications, budgets, grants, users. */
export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

const NAME_BODY = NAME_PATTERN.slice(1, -1);
/** Budgets of quotas have ids that callers cannot choose: whose, and of which label. */
export const BUDGET_ID_PATTERN = `^(quota:[0-9a-f-]{36}:(${NAME_BODY}:)?)?${NAME_BODY}$`;

/** Exact decimal USD: at most twelve digits after the point, no exponent. */
export const USD_PATTERN = '^-?[0-9]{1,30}(\\.[0-9]{1,12})?$';

const UUID_PATTERN = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
/** Times as in RFC 3339. */
export const TIME_PATTERN =
  '^\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?([Zz]|[+-]\\d{2}:\\d{2})$';

/** UTC days. */
export const DAY_PATTERN = '^[0-9]{4}-[0-9]{2}-[0-9]{2}$';
const REGION_PATTERN = '^[a-z]{2,4}(-[a-z]{1,12}){1,3}-[0-9]{1,2}$';
const KEY_ID_PATTERN = '^[a-z2-7]{16}$';
/** Prices: never below zero. */
export const PRICE_PATTERN = '^[0-9]{1,18}(\\.[0-9]{1,30})?$';
/** Limits of budgets: never below zero. */
export const AMOUNT_PATTERN = '^[0-9]{1,19}(\\.[0-9]{1,12})?$';

/** What a pattern asks for, for people: a refusal says this and not the pattern. */
export const PATTERN_RULES: Readonly<Record<string, string>> = {
  [BUDGET_ID_PATTERN]:
    'must be 1 to 64 letters, digits, dots, dashes or underscores, no sign first, or the id of ' +
    'the budget of a quota',
  [NAME_PATTERN]: 'must be 1 to 64 letters, digits, dots, dashes or underscores, no sign first',
  [UUID_PATTERN]: 'must be a UUID, such as 3f2c1b0a-1111-4222-8333-123456789abc',
  [TIME_PATTERN]: 'must be a time as in RFC 3339, such as 2026-11-22T14:33:00Z',
  [REGION_PATTERN]: 'must be an AWS region, such as us-east-1',
  [KEY_ID_PATTERN]:
    'must be the key_id of a key: 16 letters and digits, as in tk_<key_id>_..., or, of an access ' +
    'key, those after TKIA in lower case',
  [PRICE_PATTERN]: 'must be a decimal number such as "0.25", not below zero, without an exponent',
  [AMOUNT_PATTERN]:
    'must be a decimal number such as "0.50", not below zero, of at most 12 decimal places',
};

/** The same schema, or null. */
export function nullable<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()]);
}

/** An object that allows no other members: unknown ones are refused by name. */
export function strict<P extends Record<string, TSchema>>(properties: P, title?: string) {
  return Type.Object(properties, {
    additionalProperties: false,
    ...(title === undefined ? {} : { title }),
  });
}

/** Text that people read, without control characters. */
export function text(description: string, maxLength = 200) {
  return Type.String({ minLength: 1, maxLength, pattern: '^[^\\x00-\\x1f\\x7f]+$', description });
}

function name(description: string) {
  return Type.String({ pattern: NAME_PATTERN, description });
}

export const OrgId = Type.String({
  pattern: UUID_PATTERN,
  description: 'UUID of the organization. Upper case is accepted and answered in lower case.',
});
export const AppId = name('Application, chosen by the caller; unique within the organization.');
export const UserId = text('End user, as the organization names its users.', 256);
export const KeyId = Type.String({
  pattern: KEY_ID_PATTERN,
  description: 'Public part of a key.',
});
export const BudgetId = Type.String({
  pattern: BUDGET_ID_PATTERN,
  description:
    'Budget, chosen by the caller; unique in the installation. Those of quotas are called ' +
    '`quota:<org_id>:<label>` and `quota:<org_id>:<app_id>:<label>`; they can be read alone.',
});
export const GrantId = name('Grant, chosen by the caller; unique within the organization.');
export const WebhookId = name('Webhook, chosen by the caller; unique within the organization.');
export const Label = name('Name of a model target, such as `premium`.');
export const ModelId = Type.String({
  pattern: '^[!-~]{1,2048}$',
  description: 'Model id, inference profile id or ARN.',
});
export const Region = Type.String({
  pattern: REGION_PATTERN,
  description: 'AWS region, such as `us-east-1`.',
});
export const RequestId = Type.String({ pattern: '^[!-~]{1,128}$' });

/** Money in answers. */
export const Usd = Type.String({
  pattern: USD_PATTERN,
  description: 'US dollars as an exact decimal string, such as "0.00376". Never a float.',
});
export const Time = Type.String({
  pattern: TIME_PATTERN,
  maxLength: 40,
  description: 'RFC 3339. Answers are in UTC, such as "2026-11-22T14:33:00.000Z".',
});
export const TimeZone = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'IANA time zone, such as `Europe/Zurich`.',
});
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Entries of one page when the caller does not say, and at most. */
export const PAGE_LIMIT_DEFAULT = 100;
export const PAGE_LIMIT_MAX = 1000;

/** Query members of every list. */
export const PageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: PAGE_LIMIT_MAX,
      default: PAGE_LIMIT_DEFAULT,
      description: 'Most items in the answer.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'The `next_cursor` of the page before.',
    }),
  ),
};

/** A page of items under the resource's own name, with the cursor of the next page. */
export function pageOf<N extends string, S extends TSchema>(items: N, schema: S) {
  const list = { [items]: Type.Array(schema) } as { [key in N]: ReturnType<typeof Type.Array<S>> };
  return strict({ ...list, next_cursor: NextCursor });
}

export const NextCursor = nullable(
  Type.String({ description: 'Cursor of the next page; null on the last.' }),
);

/** Rates that may not be passed; absent members are unlimited. */
export const RateLimits = strict(
  {
    requests_per_minute: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000_000 })),
    tokens_per_minute: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000_000_000 })),
    concurrent_requests: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  },
  'RateLimits',
);

const USER_HEADER_PATTERN = '^[A-Za-z0-9][A-Za-z0-9-]{0,63}$';

const policyFields = {
  cost_headers: Type.Boolean({
    description: 'Answer non-streamed calls with their cost in headers. Default true.',
  }),
  user_header: nullable(
    Type.String({
      pattern: USER_HEADER_PATTERN,
      description: 'Request header whose value names the end user. Default null: none is trusted.',
    }),
  ),
  unpriced: Type.Enum(['refuse', 'flag'], {
    description: 'What happens to calls of a model without a price. Default `refuse`.',
  }),
  unbounded: Type.Enum(['refuse', 'cap'], {
    description: 'What happens to a request whose cost cannot be bounded. Default `refuse`.',
  }),
  untraced_guardrail: Type.Enum(['estimate', 'flag'], {
    description:
      'How a guardrail beside the model is charged when the reply shows no trace of its units: ' +
      'estimated from the texts, or flagged without a price. Default `estimate`.',
  }),
};

/** A policy in full, as answers state it. */
export const KeyPolicy = strict(policyFields, 'KeyPolicy');

/** A policy as callers state it: what is left out is the organization's, or the default. */
export const KeyPolicyInput = strict(
  {
    cost_headers: Type.Optional(policyFields.cost_headers),
    user_header: Type.Optional(policyFields.user_header),
    unpriced: Type.Optional(policyFields.unpriced),
    unbounded: Type.Optional(policyFields.unbounded),
    untraced_guardrail: Type.Optional(policyFields.untraced_guardrail),
  },
  'KeyPolicyInput',
);
