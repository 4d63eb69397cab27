/** The domain, pure: no input, no output, no clock, no chance, and no dependencies. */
export * from './money/pico.ts';
export * from './usage/usage.ts';
export * from './identity.ts';
export * from './csv.ts';
export * from './policy/budget.ts';
export * from './policy/chain.ts';
export * from './policy/quota.ts';
export * from './policy/forecast.ts';
export * from './policy/lease.ts';
export * from './policy/threshold.ts';
export * from './policy/window.ts';
export * from './policy/rate-limit.ts';
export * from './policy/count-window.ts';
export * from './policy/rate-share.ts';
export * from './ledger/balance.ts';
export * from './ledger/cost-sides.ts';
export * from './ledger/entry.ts';
export * from './ledger/entry-json.ts';
export * from './ledger/hold.ts';
export * from './ledger/line.ts';
export * from './ledger/summary.ts';
export * from './ledger/label-sum.ts';
export * from './catalog/model.ts';
export * from './pricing/price.ts';
export * from './pricing/layer.ts';
export * from './pricing/layer-choice.ts';
export * from './pricing/request-shape.ts';
export * from './money/unit-price.ts';
export * from './pricing/rate-card.ts';
export * from './pricing/units.ts';
export { COUNTED_UNITS, isCountedClass } from './pricing/counted-class.ts';
export * from './pricing/price-book.ts';
export * from './pricing/charge.ts';
export * from './pricing/bound.ts';
export { boundOfUnits } from './pricing/unit-bound.ts';
export * from './catalog/model-id.ts';
export * from './catalog/catalogue.ts';
export * from './ledger/correction.ts';
export * from './ledger/withdrawal.ts';
export * from './pricing/import/outcome.ts';
export * from './pricing/import/names.ts';
export * from './pricing/import/import-offer.ts';
export { OFFER_CODES } from './pricing/import/offer.ts';
export * from './pricing/import/diff.ts';
export * from './pricing/import/coverage.ts';
export {
  ACTION_NAMES,
  getModel,
  listModels,
  parseAction,
  performAction,
  refusalBody,
  type ActionName,
} from './provisioned/action.ts';
export type { JsonObject } from './provisioned/aws-answer.ts';
export type { Commitment } from './provisioned/commitment.ts';
export {
  CONTROL_ACTIONS,
  type ControlAction,
  type ControlAnswer,
  type ControlCall,
} from './provisioned/control-call.ts';
export { madeResourceOf, NAME_PREFIX_PATTERN, parseBedrockArn } from './provisioned/names.ts';
export type { MadeResource } from './provisioned/names.ts';
export type { Actor, Owner } from './provisioned/ownership.ts';
export { createProfile, deleteProfile, getProfile, listProfiles } from './provisioned/profile.ts';
export { apportion, splitPool } from './provisioned/pool.ts';
export type {
  PoolCapacity,
  PoolShare,
  PoolSplit,
  PoolUse,
  UnitHourPrice,
} from './provisioned/pool.ts';
export type { Decided, Refusal } from './provisioned/refusal.ts';
export { listTags, tagResource, untagResource } from './provisioned/resource-tags.ts';
export type { Tags } from './provisioned/tags.ts';
export {
  createThroughput,
  deleteThroughput,
  getThroughput,
  listThroughputs,
} from './provisioned/throughput.ts';
export type {
  Begun,
  Making,
  ProvisioningRules,
  ProvisioningWorld,
  Registry,
} from './provisioned/world.ts';
