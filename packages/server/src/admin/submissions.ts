/**
 * Submitted usage and inference profiles. What a submission means is decided in `keeper/`; here it
 * only gets its answer.
 */
import type { ApiAnswer, Handlers, RESOURCES } from '@tollkeeper/contract';
import {
  applicationDocument,
  profileDocument,
  type InferenceProfileRecord,
} from '../catalog/records.ts';
import {
  submit,
  submitBatch,
  type SubmissionRefused,
  type SubmissionStale,
  type Submitter,
} from '../keeper/submission.ts';
import { PROFILES_MAX, profilesOf } from '../keeper/submission-scope.ts';
import type { Visitor } from './access.ts';
import { replace } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, notFound } from './fault.ts';
import { toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['submissions'];

/** How often a submission is tried again because the catalogue moved on. */
const TRIES_MAX = 5;

export function submissionHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    submitUsage: async ({ params, body }, visitor) => {
      const who = submitterOf(visitor);
      const answer = await settled(() => submit(deps.submissions, who, params, body));
      return { status: 202, body: answer.body };
    },
    submitUsageBatch: async ({ params, body }, visitor) => {
      const who = submitterOf(visitor);
      const answer = await settled(() => submitBatch(deps.submissions, who, params, body));
      return { status: 207, body: answer.body };
    },
    registerInferenceProfile: async ({ params, body }, visitor) => {
      const { org_id, app_id } = params;
      const { profile_label } = body;
      const known = await checkProfile(deps, params, profile_label);
      const asked: InferenceProfileRecord = {
        ...{ org_id, app_id, profile_label, created_at: toApiTime(deps.clock.now()) },
        inference_profile_arn: body.inference_profile_arn,
        description: body.description ?? null,
      };
      // Every change of the catalogue empties the caches of all, so what is there is not written.
      if (known !== undefined && isSameProfile(known, asked)) return registered(known);
      const { record } = await replace<InferenceProfileRecord>(
        deps,
        {
          kind: 'inference_profile',
          id: profileDocument(org_id, app_id, profile_label),
          parent: applicationDocument(org_id, app_id),
        },
        { visitor, org_id, resource_id: `${app_id}/${profile_label}` },
        () => asked,
      );
      return registered(record);
    },
  };
}

/**
 * The visitor was admitted by the catalogue as it is now, so only what was read for the application
 * can be stale.
 */
function submitterOf(visitor: Visitor): Submitter {
  if (visitor.kind !== 'client') throw new Fault('UNAUTHORIZED', 'This needs an access token.');
  const { org_id, app_id, scopes } = visitor.client;
  return { org_id, app_id, scopes, revision: Number.MAX_SAFE_INTEGER };
}

async function settled<A extends { readonly kind: string }>(
  ask: () => Promise<A | SubmissionRefused | SubmissionStale>,
): Promise<Exclude<A, SubmissionRefused | SubmissionStale>> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = await ask();
    if (answer.kind === 'stale') continue;
    if (isRefused(answer)) throw new Fault(answer.code, answer.message, answer.details);
    return answer as Exclude<A, SubmissionRefused | SubmissionStale>;
  }
  throw new Fault('SERVICE_UNAVAILABLE', 'The configuration changes all the time. Try again.');
}

function isRefused(answer: { readonly kind: string }): answer is SubmissionRefused {
  return answer.kind === 'refused';
}

function registered(record: InferenceProfileRecord): ApiAnswer<'registerInferenceProfile'> {
  const { profile_label, inference_profile_arn, description, created_at } = record;
  return {
    status: 201,
    body: {
      ...{ profile_label, inference_profile_arn, status: 'registered' },
      ...{ description, created_at },
    },
  };
}

function isSameProfile(one: InferenceProfileRecord, other: InferenceProfileRecord): boolean {
  return (
    one.inference_profile_arn === other.inference_profile_arn &&
    one.description === other.description
  );
}

/**
 * The profile that has the label, if there is one. Throws when the label is taken by the ordering,
 * or the application has too many profiles.
 */
async function checkProfile(
  deps: AdminDependencies,
  { org_id, app_id }: { readonly org_id: string; readonly app_id: string },
  label: string,
): Promise<InferenceProfileRecord | undefined> {
  const scope = await deps.submissions.scopes.load(org_id, app_id);
  if (scope === undefined) throw notFound('The organization or application');
  if (scope.config.ordering.includes(label)) {
    throw new Fault('INVALID_CONFIG', 'The label is one of the model ordering. Choose another.', {
      ...{ profile_label: label, model_ordering: scope.config.ordering },
    });
  }
  const known = await profilesOf(deps.catalog, org_id, app_id);
  const before = known.find((each) => each.profile_label === label);
  if (known.length < PROFILES_MAX || before !== undefined) return before;
  throw new Fault(
    'INVALID_CONFIG',
    `The application has ${PROFILES_MAX} inference profiles, which is the most.`,
  );
}
