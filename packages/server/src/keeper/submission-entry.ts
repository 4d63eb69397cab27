/** The entry that a submission becomes, and what tells a repetition from a conflict. Pure. */
import type { ApiRequest } from '@tollkeeper/contract';
import {
  NO_USAGE,
  totalTokens,
  type Entry,
  type EntryDraft,
  type Posting,
  type Usage,
} from '@tollkeeper/core';
import type { RecordEntry } from '../ports/ledger-store.ts';
import { BASE_TIER } from '../gateway/rate-cards.ts';
import type { PricedModel } from './named-model.ts';
import type { UsagePrice } from './usage-price.ts';

/** A submission as the contract has checked it. */
export type Submission = ApiRequest<'submitUsage'>['body'];

/** What entries of submissions name as their operation: nobody saw which it was. */
export const SUBMITTED_OPERATION = 'Submitted';

const NO_LAYERS: EntryDraft['price_layers'] = Object.freeze([]);
const NO_TAGS: EntryDraft['tags'] = Object.freeze({});
const NOTHING: Posting = Object.freeze({ amount: 0n, ceiling: 0n });
const ONE_REQUEST: Posting = Object.freeze({ amount: 1n, ceiling: 0n });

/** What is known of a submission once it was judged and priced. */
export interface Judged {
  readonly instanceId: string;
  readonly org_id: string;
  readonly app_id: string;
  readonly submission: Submission;
  /** As the entry names the model. */
  readonly modelId: string;
  /** By what it was priced. */
  readonly model: PricedModel;
  readonly region: string;
  readonly usage: Usage;
  /** The submission's own timestamp, in milliseconds since the epoch. */
  readonly at: number;
  readonly price: UsagePrice;
  readonly catalogRevision: number;
}

/** The counts of a submission by class: what it leaves out was not used. */
export function usageOfSubmission(submission: Submission): Usage {
  const { input_tokens, output_tokens } = submission;
  return {
    ...NO_USAGE,
    input_tokens,
    output_tokens,
    cache_read_input_tokens: submission.cache_read_input_tokens ?? 0,
    cache_write_5m_input_tokens: submission.cache_write_input_tokens ?? 0,
    cache_write_1h_input_tokens: submission.cache_write_1h_input_tokens ?? 0,
  };
}

/** What makes the second of two submissions of one request id of an organization a repetition. */
export function submissionEntryId(orgId: string, requestId: string): string {
  return `${requestId.toLowerCase()}/${orgId}`;
}

/** The one write of a submission. */
export function recordOf(judged: Judged): RecordEntry {
  const { submission, usage, price, at } = judged;
  const { cost } = price.charge;
  const counted = price.ceiling !== null && price.ceiling > cost ? price.ceiling : cost;
  const tokens = totalTokens(usage);
  const requestId = submission.request_id.toLowerCase();
  const aws = submission.aws_request_id;
  return {
    instance_id: judged.instanceId,
    entry: entryOf(judged, requestId),
    postings: {
      usd: { amount: counted, ceiling: counted - cost },
      tokens: tokens === 0 ? NOTHING : { amount: BigInt(tokens), ceiling: 0n },
      requests: ONE_REQUEST,
    },
    at,
    cause: 'submitted',
    catalog_revision: judged.catalogRevision,
    known_as: aws === undefined || aws === requestId ? [requestId] : [requestId, aws],
  };
}

function entryOf(judged: Judged, requestId: string): EntryDraft {
  const { org_id, app_id, submission, model, price, at } = judged;
  const id = submissionEntryId(org_id, requestId);
  return {
    entry_id: id,
    entry_type: 'submission',
    corrects_entry_id: null,
    attempt_id: id,
    request_id: requestId,
    upstream_request_id: submission.aws_request_id ?? null,
    invocation_id: null,
    source: 'submitted',
    org_id,
    app_id,
    user_id: null,
    key_id: null,
    label: submission.model_label,
    model_id: judged.modelId,
    region: judged.region,
    operation: SUBMITTED_OPERATION,
    tier: BASE_TIER,
    streamed: false,
    outcome: outcomeOf(submission),
    usage: judged.usage,
    usage_source: 'reported',
    usage_reason: null,
    priced: price.charge.priced,
    price_version: price.price_version,
    price_basis: { model_id: model.model_id, scope: model.scope, at },
    price_layers: price.charge.price_layers ?? NO_LAYERS,
    charges: price.charge.charges,
    cost: price.charge.cost,
    ceiling: price.ceiling,
    started_at: at,
    ended_at: at,
    latency_ms: 0,
    time_to_first_token_ms: null,
    tags: NO_TAGS,
  };
}

function outcomeOf({ status }: Submission): EntryDraft['outcome'] {
  return status === 'OK' ? 'ok' : 'upstream_error';
}

/** Whether an entry is the submission of this request id, rather than what else it is known by. */
export function isSubmissionOf(entry: Entry, draft: EntryDraft): boolean {
  return entry.entry_type === 'submission' && entry.entry_id === draft.entry_id;
}

/**
 * The members in which a submission says something else than the entry of its request id. The
 * timestamp may differ: programs that repeat themselves often state the present one.
 */
export function differencesOf(entry: Entry, draft: EntryDraft, submission: Submission): string[] {
  const before = entry.usage ?? NO_USAGE;
  const after = draft.usage ?? NO_USAGE;
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['app_id', entry.app_id, draft.app_id],
    ['model_label', entry.label, draft.label],
    ['bedrock_model_id', entry.model_id, draft.model_id],
    ['status', entry.outcome, draft.outcome],
    ['input_tokens', before.input_tokens, after.input_tokens],
    ['output_tokens', before.output_tokens, after.output_tokens],
    ['cache_read_input_tokens', before.cache_read_input_tokens, after.cache_read_input_tokens],
    [
      'cache_write_input_tokens',
      before.cache_write_5m_input_tokens,
      after.cache_write_5m_input_tokens,
    ],
    [
      'cache_write_1h_input_tokens',
      before.cache_write_1h_input_tokens,
      after.cache_write_1h_input_tokens,
    ],
    ['calling_region', entry.region, submission.calling_region ?? entry.region],
  ];
  return pairs.filter(([, one, other]) => one !== other).map(([member]) => member);
}
