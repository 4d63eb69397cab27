/** The management API, declared once: what other packages may use of it. */
export {
  ApiError,
  createClient,
  exchange,
  type Client,
  type ClientOptions,
  type Exchange,
  type Fetch,
} from './client.ts';
export { ERROR_CODES, ERRORS, ErrorBody, type ErrorCode } from './errors.ts';
export {
  DAY_PATTERN,
  NAME_PATTERN,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  TIME_PATTERN,
} from './fields.ts';
export { EVENT_STREAM } from './event-stream.ts';
export { generatedFiles } from './generated-files.ts';
export { openApi } from './openapi.ts';
export {
  CLIENT_SCOPES,
  RATE_CLASSES,
  type Access,
  type AnswerOf,
  type ClientScope,
  type Operation,
  type RateClass,
  type RequestOf,
  type ResultOf,
} from './operation.ts';
export {
  OPERATION_NAMES,
  operation,
  OPERATIONS,
  RESOURCES,
  type ApiAnswer,
  type ApiRequest,
  type ApiResult,
  type Handlers,
  type OperationName,
} from './operations.ts';
export { SCOPES } from './resources/keys.ts';
export {
  IMPORT_CHANGES_SHOWN,
  IMPORT_PIECES_MAX,
  IMPORT_ROWS_MAX,
} from './resources/price-imports.ts';
export { CALCULATION_FINISHED } from './resources/daily-costs.ts';
export { BATCH_REQUESTS_MAX } from './resources/submissions.ts';
export { GROUP_KEYS } from './resources/usage.ts';
export {
  EdgeFunctionError,
  edgeFunctionCaller,
  type CallEdgeFunctionDirect,
  type CreateProvisionedModelThroughputData,
  type EdgeFunctionOptions,
  type ProvisionedModelSummary,
  type SuperAction,
  type SuperActionRequest,
  type SuperActions,
} from './super-action.ts';
export {
  bodyParserOf,
  parserOf,
  resultProblems,
  type Parsed,
  type ParsedBody,
  type Problem,
  type RawRequest,
} from './validation.ts';
