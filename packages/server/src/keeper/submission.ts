/**
 * Submitted usage: what an application tells of a call that it made itself becomes one entry of the
 * ledger, priced here, and posts to the same quotas as calls through the gateway. It is never
 * refused for being over a quota, and never for want of a price.
 *
 * One submission costs one write and no read: what it is judged by is in memory for a revision of
 * the catalogue, and the store says `stale` when any process has changed something since. Then the
 * caller finds out anew who the client is, and asks again.
 *
 * A request id is used once in an organization. The same usage again (application, label, model,
 * status, every count of tokens, and the region if it is stated) changes nothing and is accepted;
 * anything else under the same id is refused. What the gateway has metered itself is not counted
 * again.
 */
import { bodyParserOf, parserOf, type ApiResult, type ClientScope } from '@tollkeeper/contract';
import { microUsd } from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import type { LedgerStore, Recorded, RecordEntry } from '../ports/ledger-store.ts';
import type { PriceHome } from '../prices/price-home.ts';
import { acceptableRange, parseMoment } from './moment.ts';
import { calledModel, type PricedModel } from './named-model.ts';
import type { ProfileModel, ProfileModels } from './profile-models.ts';
import type { QuotaBudgets } from './quota-budgets.ts';
import {
  differencesOf,
  isSubmissionOf,
  recordOf,
  usageOfSubmission,
  type Submission,
} from './submission-entry.ts';
import {
  badTime,
  conflict,
  invalid,
  NOT_FOUND,
  outOfRange,
  profileUnanswered,
  refused,
  regionMissing,
  unknownLabel,
  unregistered,
  type SubmissionRefused,
} from './submission-refusal.ts';
import type { SubmissionScope, SubmissionScopes } from './submission-scope.ts';
import { priceUsage } from './usage-price.ts';

export interface SubmissionParts {
  readonly instanceId: string;
  readonly ledger: Pick<LedgerStore, 'record'>;
  readonly clock: Clock;
  readonly prices: Pick<PriceHome, 'current' | 'refresh' | 'revision'>;
  readonly scopes: SubmissionScopes;
  readonly quotas: Pick<QuotaBudgets, 'ensure'>;
  readonly profiles: Pick<ProfileModels, 'find'>;
  /** The gateway's region: that of submissions which name none. */
  readonly region: string;
}

/** Who submits. `revision` is that of the catalogue by which the token was found to be good. */
export interface Submitter {
  readonly org_id: string;
  /** Null: the organization's client, which acts for all its applications. */
  readonly app_id: string | null;
  readonly scopes: readonly ClientScope[];
  readonly revision: number;
}

export type { SubmissionRefused };

/** The path of a submission, as it came. */
export interface SubmissionPath {
  readonly org_id: string;
  readonly app_id: string;
}

/** The catalogue has moved on: find out anew whether the token is good, then ask again. */
export interface SubmissionStale {
  readonly kind: 'stale';
  readonly catalog_revision: number;
}

export type SubmitAnswer =
  | { readonly kind: 'accepted'; readonly body: ApiResult<'submitUsage'> }
  | SubmissionRefused
  | SubmissionStale;

export type SubmitBatchAnswer =
  | { readonly kind: 'answered'; readonly body: ApiResult<'submitUsageBatch'> }
  | SubmissionRefused
  | SubmissionStale;

const parseOne = parserOf('submitUsage');
const parseItem = bodyParserOf('submitUsage');
const parseBatch = parserOf('submitUsageBatch');
const NO_QUERY = Object.freeze({});

/** Takes one submission. Rejects with `StoreUnavailable`: repeating it is always right. */
export async function submit(
  parts: SubmissionParts,
  who: Submitter,
  path: SubmissionPath,
  body: unknown,
): Promise<SubmitAnswer> {
  const parsed = parseOne({ params: path, query: NO_QUERY, body });
  if (parsed.kind === 'problems') return invalid(parsed.problems);
  const { params } = parsed.request;
  const known = peekScope(parts, who, params);
  const scope = known ?? (await loadScope(parts, who, params));
  if ('kind' in scope) return scope;
  const ensured = parts.quotas.ensure(scope.config);
  if (ensured !== undefined && !(await ensured)) return unregistered(params.app_id);
  const { body: submission } = parsed.request;
  const answer = await takeSurely(parts, contextOf(parts, who, scope, params), submission);
  return answer.kind === 'taken' ? accepted(parts, scope, submission, answer) : answer;
}

/**
 * Takes a batch. Each item is judged by itself; all writes go out in one turn, so that the store
 * groups them. `stale` is for the batch as a whole: what was recorded already is known again.
 */
export async function submitBatch(
  parts: SubmissionParts,
  who: Submitter,
  path: SubmissionPath,
  body: unknown,
): Promise<SubmitBatchAnswer> {
  const parsed = parseBatch({ params: path, query: NO_QUERY, body });
  if (parsed.kind === 'problems') return invalid(parsed.problems);
  const { params } = parsed.request;
  const scope = peekScope(parts, who, params) ?? (await loadScope(parts, who, params));
  if ('kind' in scope) return scope;
  const ensured = parts.quotas.ensure(scope.config);
  if (ensured !== undefined && !(await ensured)) return unregistered(params.app_id);
  const context = contextOf(parts, who, scope, params);
  const { requests } = parsed.request.body;
  const answers = await Promise.all(requests.map((item) => takeItem(parts, context, item)));
  const results: ApiResult<'submitUsageBatch'>['results'] = [];
  let accepted = 0;
  for (const [index, answer] of answers.entries()) {
    const request_id = requestIdOf(requests[index]);
    if (answer.kind === 'stale') return answer;
    if (answer.kind === 'taken') {
      accepted += 1;
      const shard_id = shardOf(request_id ?? '', scope.config.agg_shard_count);
      results.push({ request_id, status: 'accepted', shard_id, message: answer.message });
    } else {
      const { code: error, message } = answer;
      results.push({ request_id, status: 'failed', error, message });
    }
  }
  const timestamp = instant(parts.clock.now());
  return {
    kind: 'answered',
    body: { accepted, failed: results.length - accepted, results, timestamp },
  };
}

const REQUEST_ID_SHOWN_MAX = 64;

function requestIdOf(item: unknown): string | null {
  if (typeof item !== 'object' || item === null || !('request_id' in item)) return null;
  const { request_id: id } = item;
  return typeof id === 'string' ? id.slice(0, REQUEST_ID_SHOWN_MAX) : null;
}

interface Context {
  readonly who: Submitter;
  readonly scope: SubmissionScope;
  readonly path: SubmissionPath;
  /** The scope as of now: asked for once, when something is refused by the one in memory. */
  readonly scopeNow: () => Promise<SubmissionScope | undefined>;
}

function contextOf(
  parts: SubmissionParts,
  who: Submitter,
  scope: SubmissionScope,
  path: SubmissionPath,
): Context {
  let now: Promise<SubmissionScope | undefined> | undefined;
  const scopeNow = () => (now ??= scopeAndPrices(parts, path));
  return { who, scope, path, scopeNow };
}

/** In the ledger, now or before. */
interface Taken {
  readonly kind: 'taken';
  /** Pico-USD. */
  readonly cost: bigint;
  readonly message: string;
}

type Outcome = Taken | SubmissionRefused | SubmissionStale;

function takeItem(parts: SubmissionParts, context: Context, item: unknown): Promise<Outcome> {
  const parsed = parseItem(item);
  return parsed.kind === 'problems'
    ? Promise.resolve(invalid(parsed.problems))
    : takeSurely(parts, context, parsed.body);
}

/**
 * What is accepted by an outdated memory, the store finds out; what is refused never gets there, so
 * it is refused by the catalogue as it is now.
 */
function takeSurely(
  parts: SubmissionParts,
  context: Context,
  submission: Submission,
): Promise<Outcome> {
  const judged = judge(parts, context, submission);
  if (judged instanceof Promise) return judged.then((late) => finish(late));
  return finish(judged);

  function finish(command: RecordEntry | SubmissionRefused): Promise<Outcome> {
    return 'kind' in command
      ? refusedNow(parts, context, submission, command)
      : write(parts, submission, command);
  }
}

async function refusedNow(
  parts: SubmissionParts,
  context: Context,
  submission: Submission,
  refusal: SubmissionRefused,
): Promise<Outcome> {
  const scope = await context.scopeNow();
  if (scope === undefined || scope === context.scope) return refusal;
  const again = await judge(parts, { ...context, scope }, submission);
  return 'kind' in again ? again : write(parts, submission, again);
}

/** Runs to the write without waiting. */
function write(
  parts: SubmissionParts,
  submission: Submission,
  command: RecordEntry,
): Promise<Outcome> {
  return parts.ledger.record(command).then((recorded) => {
    if (recorded.kind !== 'recorded') return outcomeOf(parts, submission, command, recorded);
    return { kind: 'taken', cost: command.entry.cost, message: messageOf(command) };
  });
}

/** The write that a submission comes to. A promise only when a profile has to be looked up. */
function judge(
  parts: SubmissionParts,
  { scope, path, who }: Context,
  submission: Submission,
): RecordEntry | SubmissionRefused | Promise<RecordEntry | SubmissionRefused> {
  const now = parts.clock.now();
  const target = scope.targets.get(submission.model_label);
  if (target === undefined) return unknownLabel(scope, path.app_id, submission);
  const at = parseMoment(submission.timestamp);
  if (at === undefined) return badTime('is not a time that exists');
  const range = acceptableRange(scope.config.timezone, now);
  if (at < range.from || at > range.to) return outOfRange(scope.config, submission, range, now);
  const { calling_region } = submission;
  if (target.profile !== null && calling_region === undefined) return regionMissing(target);

  const called = calledModel(submission.bedrock_model_id);
  const region = calling_region ?? called.region ?? parts.region;
  const profile = target.profile ?? (scope.profileArns.has(called.named) ? called.named : null);
  const priced = (model: PricedModel): RecordEntry => {
    const usage = usageOfSubmission(submission);
    const price = priceUsage(parts.prices.current(), {
      ...{ org_id: path.org_id, model, region, at, usage, label: target.facts },
    });
    return recordOf({
      ...{ instanceId: parts.instanceId, org_id: path.org_id, app_id: path.app_id, submission },
      ...{ modelId: called.named, model, region, usage, at, price },
      // Prices too are those of a revision: one that was changed before it is never used after.
      catalogRevision: Math.min(who.revision, scope.revision, parts.prices.revision),
    });
  };
  const byProfile = (found: ProfileModel): RecordEntry | SubmissionRefused => {
    if (typeof found === 'object') return priced(found);
    // What was called is told besides, or it would count at the dearest price for good.
    const isUnsaid = found === 'unavailable' && !called.published;
    return isUnsaid ? profileUnanswered(submission) : priced(called);
  };
  const found = profile === null ? undefined : parts.profiles.find(profile, region);
  return found instanceof Promise ? found.then(byProfile) : byProfile(found);
}

async function outcomeOf(
  parts: SubmissionParts,
  submission: Submission,
  { entry }: RecordEntry,
  recorded: Exclude<Recorded, { readonly kind: 'recorded' }>,
): Promise<Outcome> {
  if (recorded.kind === 'stale') {
    parts.scopes.refresh(recorded.catalog_revision);
    await parts.prices.refresh(recorded.catalog_revision);
    return recorded;
  }
  const known = recorded.entry;
  if (known === null) return { kind: 'taken', cost: entry.cost, message: METERED };
  const { cost } = known;
  if (known.entry_type !== 'submission') return { kind: 'taken', cost, message: METERED };
  const differs = differencesOf(known, entry, submission);
  if (differs.length > 0) return conflict(submission, differs, known);
  return { kind: 'taken', cost, message: isSubmissionOf(known, entry) ? REPEATED : REPORTED };
}

const RECORDED = 'The usage was recorded.';
const REPEATED = 'This request was recorded before; nothing was changed.';
const REPORTED = 'This call was recorded before, under another request id; nothing was changed.';
const METERED =
  'This request is in the ledger already, as a call that was metered in the gateway; nothing was ' +
  'changed.';

function messageOf({ entry }: RecordEntry): string {
  if (entry.priced === 'yes') return RECORDED;
  const what = entry.priced === 'partly' ? 'some of it has' : 'it has';
  return (
    `The usage was recorded, but ${what} no price for ${entry.model_id} in ${entry.region}: it ` +
    'counts with the most that it can have cost, until it is priced again.'
  );
}

function accepted(
  parts: SubmissionParts,
  scope: SubmissionScope,
  { request_id }: Submission,
  { cost, message }: Taken,
): SubmitAnswer {
  return {
    kind: 'accepted',
    body: {
      request_id,
      status: 'accepted',
      message,
      processing: {
        shard_id: shardOf(request_id, scope.config.agg_shard_count),
        expected_aggregation_lag_secs: 0,
        cost_usd_micros: microUsd(cost),
      },
      timestamp: instant(parts.clock.now()),
    },
  };
}

/** FNV-1a of the id in lower case: any spelling of it has the same shard. */
export function shardOf(requestId: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (const char of requestId.toLowerCase()) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  }
  return (hash >>> 0) % shards;
}

function instant(at: number): string {
  return new Date(at).toISOString();
}

/** From memory; a refusal when the client may not; undefined: `loadScope`. */
function peekScope(
  parts: SubmissionParts,
  who: Submitter,
  path: SubmissionPath,
): SubmissionScope | SubmissionRefused | undefined {
  if (who.org_id !== path.org_id || (who.app_id !== null && who.app_id !== path.app_id)) {
    return NOT_FOUND;
  }
  if (!who.scopes.includes('write:costs')) {
    return refused('FORBIDDEN', 'The access token is not good for write:costs.');
  }
  return parts.scopes.peek(path.org_id, path.app_id);
}

async function loadScope(
  parts: SubmissionParts,
  who: Submitter,
  path: SubmissionPath,
): Promise<SubmissionScope | SubmissionRefused> {
  const scope = await scopeAndPrices(parts, path);
  if (scope === undefined || (who.app_id !== null && !scope.config.app_registered)) {
    return NOT_FOUND;
  }
  return scope;
}

/** The scope as of now, and with it the prices: they may have changed with what was just read. */
async function scopeAndPrices(
  parts: SubmissionParts,
  path: SubmissionPath,
): Promise<SubmissionScope | undefined> {
  const scope = await parts.scopes.load(path.org_id, path.app_id);
  if (scope !== undefined) await parts.prices.refresh(scope.revision);
  return scope;
}
