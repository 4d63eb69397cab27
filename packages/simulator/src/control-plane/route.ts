/**
 * Which operation of the control plane a request names. Its paths share no beginning with those of
 * the runtime.
 */
import { Failure } from '../wire/failure.ts';

export const CONTROL_OPERATIONS = [
  'ListFoundationModels',
  'GetFoundationModel',
  'CreateProvisionedModelThroughput',
  'GetProvisionedModelThroughput',
  'ListProvisionedModelThroughputs',
  'UpdateProvisionedModelThroughput',
  'DeleteProvisionedModelThroughput',
  'CreateInferenceProfile',
  'GetInferenceProfile',
  'ListInferenceProfiles',
  'DeleteInferenceProfile',
  'TagResource',
  'UntagResource',
  'ListTagsForResource',
  'GetPromptRouter',
  'GetImportedModel',
  'GetCustomModelDeployment',
] as const;
export type ControlOperation = (typeof CONTROL_OPERATIONS)[number];

/** A request of the control plane. */
export interface ControlRoute {
  readonly name: ControlOperation;
  /** An id, a name or an ARN, decoded once; empty where the path names none. */
  readonly identifier: string;
  readonly query: URLSearchParams;
}

const WITHOUT_IDENTIFIER: Readonly<Record<string, ControlOperation>> = {
  'GET /foundation-models': 'ListFoundationModels',
  'POST /provisioned-model-throughput': 'CreateProvisionedModelThroughput',
  'GET /provisioned-model-throughputs': 'ListProvisionedModelThroughputs',
  'POST /inference-profiles': 'CreateInferenceProfile',
  'GET /inference-profiles': 'ListInferenceProfiles',
  'POST /tagResource': 'TagResource',
  'POST /untagResource': 'UntagResource',
  'POST /listTagsForResource': 'ListTagsForResource',
};

const WITH_IDENTIFIER: Readonly<Record<string, ControlOperation>> = {
  'GET /foundation-models/': 'GetFoundationModel',
  'GET /provisioned-model-throughput/': 'GetProvisionedModelThroughput',
  'PATCH /provisioned-model-throughput/': 'UpdateProvisionedModelThroughput',
  'DELETE /provisioned-model-throughput/': 'DeleteProvisionedModelThroughput',
  'GET /inference-profiles/': 'GetInferenceProfile',
  'DELETE /inference-profiles/': 'DeleteInferenceProfile',
  'GET /prompt-routers/': 'GetPromptRouter',
  'GET /imported-models/': 'GetImportedModel',
  'GET /model-customization/custom-model-deployments/': 'GetCustomModelDeployment',
};

/** Finds the operation of a request; null when it is none of the control plane's. */
export function controlRouteOf(method: string, target: string): ControlRoute | null {
  const [path = '', queryText = ''] = target.split('?', 2);
  const query = new URLSearchParams(queryText);
  const whole = WITHOUT_IDENTIFIER[`${method} ${path}`];
  if (whole !== undefined) return { name: whole, identifier: '', query };
  const end = path.lastIndexOf('/') + 1;
  const name = WITH_IDENTIFIER[`${method} ${path.slice(0, end)}`];
  if (name === undefined || end === path.length) return null;
  return { name, identifier: decode(path.slice(end)), query };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Failure('ValidationException', 'The provided identifier is invalid.');
  }
}
