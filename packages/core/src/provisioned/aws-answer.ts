/** What AWS's answers mean for whoever asked, with words that say what to do. */
import type { ControlAction, ControlAnswer, ControlCall } from './control-call.ts';
import { done, refuse, type Decided, type Refusal } from './refusal.ts';
import { isRecord } from './stated.ts';
import type { Tags } from './tags.ts';
import type { ProvisioningWorld } from './world.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON of a good answer, or the refusal that the answer is. */
export async function ask(
  { call, rules }: Pick<ProvisioningWorld, 'call' | 'rules'>,
  asked: ControlCall,
): Promise<Decided<JsonObject>> {
  return meaningOf(asked.action, rules.region, await call(asked));
}

/** Whether AWS has said that it did not do what was asked. */
export function isDefinite(refusal: Refusal): boolean {
  return refusal.status < 500 && refusal.status !== 429;
}

function meaningOf(
  action: ControlAction,
  region: string,
  answer: ControlAnswer,
): Decided<JsonObject> {
  if (answer.kind === 'unavailable') {
    return refuse(
      'ServiceUnavailableException',
      `Amazon Bedrock in ${region} did not answer to ${action} (${answer.reason}). It may have ` +
        'been carried out all the same; repeating it with the same clientRequestToken is safe.',
      { reason: answer.reason },
    );
  }
  const { status, body, error } = answer;
  const content = isRecord(body) ? body : {};
  if (status >= 200 && status < 300) return done(content);
  const stated = content['message'] ?? content['Message'];
  const said = typeof stated === 'string' ? stated.slice(0, 1_000) : '';
  // A name that is in use says all there is to say.
  const isTaken = /already exists/i.test(said);
  const code = error ?? (status >= 500 ? 'ServiceUnavailableException' : 'ValidationException');
  return {
    kind: 'refused',
    // What is wrong with our own identity is not the caller's doing.
    status: status === 401 ? 403 : status >= 400 && status < 600 ? status : 502,
    code,
    message: [said, isTaken ? '' : hintOf(action, region, code, status)]
      .filter((part) => part !== '')
      .join(' '),
    details: { aws_error: code, aws_status: status },
  };
}

function hintOf(action: ControlAction, region: string, code: string, status: number): string {
  if (code === 'AccessDeniedException' || status === 403 || status === 401) {
    return (
      `AWS denied bedrock:${action} to the identity that calls it in ${region}. Add that ` +
      'permission to its policy: deploy/iam has the policies that are needed.'
    );
  }
  if (code === 'ServiceQuotaExceededException') {
    return (
      'Quotas of model units begin at zero: ask AWS for some (Service Quotas, Amazon Bedrock, ' +
      '"model units") before buying.'
    );
  }
  const isModel = action === 'CreateProvisionedModelThroughput' || action === 'GetFoundationModel';
  if (isModel && (code === 'ValidationException' || code === 'ResourceNotFoundException')) {
    return (
      `Not every model is offered in ${region}, nor with provisioned throughput: ` +
      'ListFoundationModels with byInferenceType PROVISIONED lists those that are.'
    );
  }
  if (action === 'DeleteProvisionedModelThroughput' && code === 'ConflictException') {
    return 'A commitment is paid to its end: it cannot be deleted before.';
  }
  return status === 429 ? 'AWS asks to be called less often.' : '';
}

/** The tags that AWS lists. Members that are no tags are left out. */
export function tagsIn(answer: JsonObject): Tags {
  const listed: readonly unknown[] = Array.isArray(answer['tags']) ? answer['tags'] : [];
  return Object.fromEntries(
    listed.flatMap((tag) =>
      isRecord(tag) && typeof tag['key'] === 'string' && typeof tag['value'] === 'string'
        ? [[tag['key'], tag['value']] as const]
        : [],
    ),
  );
}

/** A list of objects under a name; empty when there is none. */
export function listIn(answer: JsonObject, name: string): readonly JsonObject[] {
  const listed: readonly unknown[] = Array.isArray(answer[name]) ? answer[name] : [];
  return listed.filter(isRecord);
}
