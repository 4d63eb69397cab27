/**
 * What the control plane of Bedrock says of a resource that belongs to an AWS account: an ARN alone
 * does not tell which model it stands for. A source only asks and translates; what the answer means
 * for prices is decided in `gateway/owned-models.ts`.
 */

/** The kinds of resources that are looked up, as their ARNs name them. */
export type LookedUpResource =
  | 'application-inference-profile'
  | 'inference-profile'
  | 'provisioned-model'
  | 'prompt-router'
  | 'default-prompt-router';

/** The answer for one ARN. */
export type ModelResource =
  /** ARNs of the models it stands for, as stated: an inference profile's, or a router's choices. */
  | { readonly kind: 'models'; readonly modelArns: readonly string[] }
  /** It does not exist, or not for this account. */
  | { readonly kind: 'not_found' }
  /** Nobody knows: no answer in time, a refusal, an answer that cannot be read. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface ModelResources {
  /** Asks once. Never rejects; it is bounded in time and in bytes. */
  look(resource: LookedUpResource, arn: string): Promise<ModelResource>;
}
