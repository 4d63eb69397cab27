/** The write that a submission becomes. */
import { expect, test } from 'vitest';
import {
  isSubmissionOf,
  recordOf,
  submissionEntryId,
  usageOfSubmission,
  type Judged,
  type Submission,
} from '../../src/keeper/submission-entry.ts';

const ID = '7C9E6679-7425-40DE-944B-E07FC1F90AE7';
const SUBMISSION: Submission = {
  ...{ request_id: ID, model_label: 'premium', bedrock_model_id: 'm', status: 'OK' },
  ...{ input_tokens: 10, output_tokens: 2, cache_write_input_tokens: 5 },
  timestamp: '2026-11-22T14:00:00Z',
};

function judged(over: Partial<Judged> = {}): Judged {
  const { submission = SUBMISSION } = over;
  return {
    ...{ instanceId: 'i', org_id: 'o', app_id: 'web', submission, modelId: 'm', region: 'r' },
    ...{ model: { model_id: 'm', scope: 'in_region' }, at: 5, catalogRevision: 9 },
    usage: usageOfSubmission(submission),
    price: {
      charge: { charges: [], cost: 7n, priced: 'partly', unpriced_ceiling: 12n },
      ...{ price_version: 'v', ceiling: 12n },
    },
    ...over,
  };
}

test('names the request by its id in lower case, in the organization', () => {
  const { entry, known_as } = recordOf(judged());
  const id = ID.toLowerCase();
  expect(entry).toMatchObject({
    ...{ entry_id: `${id}/o`, attempt_id: `${id}/o`, request_id: id, entry_type: 'submission' },
    ...{ source: 'submitted', upstream_request_id: null, key_id: null, latency_ms: 0 },
    ...{ started_at: 5, ended_at: 5, label: 'premium', outcome: 'ok' },
  });
  expect(known_as).toEqual([id]);
  expect(submissionEntryId('o', ID)).toBe(`${id}/o`);
  expect(isSubmissionOf({ ...entry, writer_id: 'w', sequence: 1 }, entry)).toBe(true);
});

test('is known by the id of AWS too', () => {
  const submission = { ...SUBMISSION, aws_request_id: 'aws-1' };
  const { entry, known_as } = recordOf(judged({ submission }));
  expect(known_as).toEqual([ID.toLowerCase(), 'aws-1']);
  expect(entry.upstream_request_id).toBe('aws-1');
});

test('posts what it can have cost at most, every token, and one request, at its own time', () => {
  expect(recordOf(judged())).toMatchObject({
    ...{ at: 5, cause: 'submitted', catalog_revision: 9 },
    postings: {
      usd: { amount: 12n, ceiling: 5n },
      tokens: { amount: 17n, ceiling: 0n },
      requests: { amount: 1n, ceiling: 0n },
    },
  });
});

test('a failed call is an error of the upstream', () => {
  const submission: Submission = { ...SUBMISSION, status: 'ERROR' };
  expect(recordOf(judged({ submission })).entry.outcome).toBe('upstream_error');
});
