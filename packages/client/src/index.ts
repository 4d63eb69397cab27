/** The client of the cost keeper: what programs may use of it. */
export { ApiError, EdgeFunctionError } from '@tollkeeper/contract';
export type {
  CallEdgeFunctionDirect,
  CreateProvisionedModelThroughputData,
  ProvisionedModelSummary,
  SuperAction,
  SuperActionRequest,
  SuperActions,
} from '@tollkeeper/contract';
export { CostKeeper, type KeeperStatus } from './cost-keeper.ts';
export { edgeFunction, type EdgeFunctionSettings } from './edge-function.ts';
export type { CostKeeperOptions } from './options.ts';
export type { KeeperProblem, OnProblem } from './problem.ts';
export { InvalidReport, type UsageReport } from './reports.ts';
export { QuotasSpent, type Selection } from './selection.ts';
export { SpoolFailed, SpoolFull } from './spool/spool.ts';
export { SpoolInUse } from './spool/spool-lock.ts';
export { NotAuthorised } from './tokens.ts';
