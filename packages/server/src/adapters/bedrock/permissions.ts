/**
 * The rights that the gateway needs at AWS, each with a request that shows whether it has it. AWS
 * checks rights before it reads a request: these are not valid, or name what does not exist, so
 * that none of them can generate anything or be billed.
 */
import type { Permission } from '../../ports/surroundings.ts';

/** A request that tries a right out. */
export interface Trial extends Permission {
  readonly plane: 'runtime' | 'control';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string;
}

const MODEL = '/model/amazon.nova-micro-v1%3A0';
/** A role that no conversation has: never a valid request. */
const NO_CONVERSATION = '{"messages":[{"role":"nobody","content":[]}]}';
const NOTHING = 'tollkeeperdoctor';

const runtime = (
  name: string,
  path: string,
  body: string,
): Pick<Trial, 'name'> & Omit<Trial, keyof Permission> => ({
  name: `bedrock:${name}`,
  plane: 'runtime',
  method: 'POST',
  path,
  body,
});
const control = (
  name: string,
  path: string,
): Pick<Trial, 'name'> & Omit<Trial, keyof Permission> => ({
  name: `bedrock:${name}`,
  plane: 'control',
  method: 'GET',
  path: `/${path}/${NOTHING}`,
  body: '',
});

export const TRIALS: readonly Trial[] = [
  {
    ...runtime('InvokeModel', `${MODEL}/converse`, NO_CONVERSATION),
    needed: 'always',
    purpose: 'Converse and InvokeModel',
  },
  {
    ...runtime('InvokeModelWithResponseStream', `${MODEL}/converse-stream`, NO_CONVERSATION),
    needed: 'always',
    purpose: 'ConverseStream and InvokeModelWithResponseStream',
  },
  {
    ...runtime('CountTokens', `${MODEL}/count-tokens`, '{}'),
    needed: 'sometimes',
    purpose: 'CountTokens',
  },
  {
    ...runtime('ApplyGuardrail', `/guardrail/${NOTHING}/version/1/apply`, '{}'),
    needed: 'sometimes',
    purpose: 'ApplyGuardrail, and guardrails inside other calls',
  },
  {
    ...control('GetInferenceProfile', 'inference-profiles'),
    needed: 'sometimes',
    purpose: 'prices of application inference profiles',
  },
  {
    ...control('GetPromptRouter', 'prompt-routers'),
    needed: 'sometimes',
    purpose: 'prices of prompt routers',
  },
  {
    ...control('GetProvisionedModelThroughput', 'provisioned-model-throughput'),
    needed: 'sometimes',
    purpose: 'models behind provisioned throughput',
  },
  {
    ...control('GetImportedModel', 'imported-models'),
    needed: 'sometimes',
    purpose: 'imported models that are granted',
  },
];
