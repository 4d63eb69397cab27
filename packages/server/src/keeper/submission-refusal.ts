/** Why a submission is refused, in words for people and details for programs. */
import type { ErrorCode, Problem } from '@tollkeeper/contract';
import type { Entry } from '@tollkeeper/core';
import type { EffectiveConfig } from './effective.ts';
import { localDayAt } from './moment.ts';
import type { Submission } from './submission-entry.ts';
import type { LabelTarget, SubmissionScope } from './submission-scope.ts';

export interface SubmissionRefused {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A refusal with a code of the contract. */
export function refused(
  code: ErrorCode,
  message: string,
  details: SubmissionRefused['details'] = {},
): SubmissionRefused {
  return { kind: 'refused', code, message, details };
}

/** What belongs to others looks as what does not exist. */
export const NOT_FOUND: SubmissionRefused = refused(
  'NOT_FOUND',
  'The organization or application does not exist, or is not yours.',
);

/** Reports for applications that nobody registered are taken for so many, and no more. */
export function unregistered(app_id: string): SubmissionRefused {
  return refused(
    'NOT_FOUND',
    'The application was not registered, and too many such have usage already.',
    { app_id, hint: 'PUT the application, then report its usage again.' },
  );
}

/** 400 with every member that is wrong. */
export function invalid(problems: readonly Problem[]): SubmissionRefused {
  const words = problems.map(({ member, problem }) => `${member} ${problem}`).join('; ');
  return refused('INVALID_REQUEST', `The request is not valid: ${words}.`, { problems });
}

/** The label is none that the application may name: those that there are are named. */
export function unknownLabel(
  scope: SubmissionScope,
  app_id: string,
  { model_label }: Submission,
): SubmissionRefused {
  const labels = [...scope.targets.keys()];
  const known = labels.length === 0 ? 'it has none' : `it has ${labels.join(', ')}`;
  return refused('INVALID_CONFIG', `The label is not one of the application: ${known}.`, {
    ...{ model_label, app_id, configured_labels: labels },
    ...{ invalid_labels: [model_label], valid_labels: labels },
  });
}

/** The timestamp is wrong. */
export function badTime(problem: string, details: object = {}): SubmissionRefused {
  return refused('INVALID_REQUEST', `The request is not valid: body.timestamp ${problem}.`, {
    problems: [{ member: 'body.timestamp', problem }],
    ...details,
  });
}

/** The timestamp is none that is taken now; the range says which are. */
export function outOfRange(
  config: EffectiveConfig,
  { timestamp }: Submission,
  { from, to }: { readonly from: number; readonly to: number },
  now: number,
): SubmissionRefused {
  const acceptable_range = `${toIso(from)} to ${toIso(to)}`;
  const org_day = localDayAt(config.timezone, now).date.replaceAll('-', '');
  const { timezone } = config;
  const details = { timestamp, org_day, timezone, acceptable_range };
  return badTime(`must be in the acceptable range, ${acceptable_range}`, details);
}

/** A profile stands for a model by region, so the region has to be stated. */
export function regionMissing({ label }: LabelTarget): SubmissionRefused {
  const problem = 'is missing: the label is an inference profile';
  return refused('INVALID_REQUEST', `The request is not valid: body.calling_region ${problem}.`, {
    problems: [{ member: 'body.calling_region', problem }],
    ...{ model_label: label, label_type: 'profile' },
  });
}

/** Nobody says what a profile stands for, and nothing else tells what was called. */
export function profileUnanswered({
  model_label,
  bedrock_model_id,
}: Submission): SubmissionRefused {
  return refused(
    'SERVICE_UNAVAILABLE',
    'The inference profile could not be looked up just now, and nothing was recorded. Send the ' +
      'report again later, or state the model behind the profile as bedrock_model_id.',
    { model_label, bedrock_model_id },
  );
}

/** The request id, or the call by AWS's id of it, was submitted as something else: as `known`. */
export function conflict(
  { request_id }: Submission,
  differs: readonly string[],
  known: Pick<Entry, 'request_id'>,
): SubmissionRefused {
  const isSame = known.request_id === request_id.toLowerCase();
  const what = isSame ? 'The request id' : 'The call, under another request id,';
  return refused(
    'ALREADY_EXISTS',
    `${what} was submitted before with another ${differs.join(', ')}; nothing was changed.`,
    { request_id, differs },
  );
}

function toIso(at: number): string {
  return new Date(at).toISOString();
}
