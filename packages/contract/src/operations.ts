/**
 * The management API: every operation, by name. Add one here and everything derived from it
 * follows.
 */
import type { AnswerOf, Operation, RequestOf, ResultOf } from './operation.ts';
import { accessKeys } from './resources/access-keys.ts';
import { aggregates } from './resources/aggregates.ts';
import { applications } from './resources/applications.ts';
import { audit } from './resources/audit.ts';
import { auth } from './resources/auth.ts';
import { awsProfiles } from './resources/aws-profiles.ts';
import { budgets } from './resources/budgets.ts';
import { credentials } from './resources/credentials.ts';
import { dailyCosts } from './resources/daily-costs.ts';
import { diagnosis } from './resources/diagnosis.ts';
import { effectiveConfigs } from './resources/effective-config.ts';
import { grants } from './resources/grants.ts';
import { keys } from './resources/keys.ts';
import { organizations } from './resources/organizations.ts';
import { priceImports } from './resources/price-imports.ts';
import { priceLayers } from './resources/price-layers.ts';
import { prices } from './resources/prices.ts';
import { provisioned } from './resources/provisioned.ts';
import { provisionedMonths } from './resources/provisioned-months.ts';
import { rerates } from './resources/rerates.ts';
import { selection } from './resources/selection.ts';
import { service } from './resources/service.ts';
import { submissions } from './resources/submissions.ts';
import { usageTail } from './resources/usage-tail.ts';
import { usage } from './resources/usage.ts';
import { webhooks } from './resources/webhooks.ts';

/** The table, in the order of the reference. */
export const OPERATIONS = {
  ...organizations,
  ...applications,
  ...effectiveConfigs,
  ...keys,
  ...accessKeys,
  ...auth,
  ...credentials,
  ...budgets,
  ...webhooks,
  ...grants,
  ...usage,
  ...usageTail,
  ...submissions,
  ...aggregates,
  ...dailyCosts,
  ...selection,
  ...prices,
  ...priceLayers,
  ...priceImports,
  ...rerates,
  ...provisioned,
  ...provisionedMonths,
  ...awsProfiles,
  ...audit,
  ...diagnosis,
  ...service,
} as const;

/** The table by resource: one handler file each. */
export const RESOURCES = {
  organizations,
  applications,
  effectiveConfigs,
  keys,
  accessKeys,
  auth,
  credentials,
  budgets,
  webhooks,
  grants,
  usage,
  usageTail,
  submissions,
  aggregates,
  dailyCosts,
  selection,
  prices,
  priceLayers,
  priceImports,
  rerates,
  provisioned,
  provisionedMonths,
  awsProfiles,
  audit,
  diagnosis,
  service,
} as const;

/** Name of an operation. */
export type OperationName = keyof typeof OPERATIONS;

/** The record of an operation. */
export type OperationNamed<N extends OperationName> = (typeof OPERATIONS)[N];

/** What an operation is asked. */
export type ApiRequest<N extends OperationName> = RequestOf<OperationNamed<N>>;

/** What an operation answers. */
export type ApiResult<N extends OperationName> = ResultOf<OperationNamed<N>>;

/** What a handler of an operation gives back. */
export type ApiAnswer<N extends OperationName> = AnswerOf<OperationNamed<N>>;

/** All names, in order. */
export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly OperationName[];

/** A handler for every named operation: one that is missing or mistyped does not compile. */
export type Handlers<Context, Names extends OperationName = OperationName> = {
  readonly [N in Names]: (
    request: ApiRequest<N>,
    context: Context,
  ) => Promise<ApiAnswer<N>> | ApiAnswer<N>;
};

/** The operation under a name, without its particular schemas. */
export function operation(name: OperationName): Operation {
  return OPERATIONS[name];
}
