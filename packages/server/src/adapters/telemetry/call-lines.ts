/**
 * Lines about single calls for whoever reads logs: the CloudWatch metrics of the apportioning door
 * in the embedded metric format, and the usage of the chat door. They are for watching: the ledger
 * is what is billed by. Prompts are never in them.
 */
import { formatUsd, sidesOf, type Entry, type EntryDraft } from '@tollkeeper/core';

type Settled = EntryDraft | Entry;

/** The four figures of a call, and whose it is. */
export interface PrincipalFigures {
  readonly model: string;
  /** `User::<user>`, or `Key::<key>` of a key that is no user's. */
  readonly principal: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Pico-USD. */
  readonly inputCost: bigint;
  readonly outputCost: bigint;
}

/**
 * What a call used and cost its principal; undefined when no model answered, when usage is not
 * known, and for calls of nobody.
 */
export function principalFigures(entry: Settled): PrincipalFigures | undefined {
  const { user_id, key_id, usage } = entry;
  if (usage === null || !answered(entry) || (user_id === null && key_id === null)) return undefined;
  const sides = sidesOf(entry);
  return {
    model: entry.model_id,
    principal: user_id === null ? `Key::${key_id}` : `User::${user_id}`,
    inputTokens: sides.input_tokens,
    outputTokens: sides.output_tokens,
    inputCost: sides.input_cost,
    outputCost: sides.output_cost,
  };
}

function answered({ outcome, operation }: Settled): boolean {
  return outcome !== 'refused' && outcome !== 'upstream_error' && operation !== 'CountTokens';
}

const METRICS = [
  { Name: 'InputTokensUsed', Unit: 'Count' },
  { Name: 'InputTokensCost', Unit: 'None' },
  { Name: 'OutputTokensUsed', Unit: 'Count' },
  { Name: 'OutputTokensCost', Unit: 'None' },
];

/**
 * The metrics of a call in CloudWatch's embedded metric format, as one line of JSON without its
 * end. Costs are US dollars, written as exact decimals.
 */
export function emfLine(entry: Settled, figures: PrincipalFigures, namespace: string): string {
  const { model, principal, inputTokens, outputTokens } = figures;
  const directive = { Namespace: namespace, Dimensions: [['ModelId', 'PrincipalId']] };
  const head = JSON.stringify({
    _aws: {
      Timestamp: entry.ended_at,
      CloudWatchMetrics: [{ ...directive, Metrics: METRICS }],
    },
    ModelId: model,
    PrincipalId: dimensionOf(principal),
    InputTokensUsed: inputTokens,
    OutputTokensUsed: outputTokens,
    RequestId: entry.request_id,
  });
  // Exact decimals as they are: a number of JavaScript would not keep them.
  const [input, output] = [formatUsd(figures.inputCost), formatUsd(figures.outputCost)];
  return `${head.slice(0, -1)},"InputTokensCost":${input},"OutputTokensCost":${output}}`;
}

/** Characters of the value of a dimension at most. */
const DIMENSION_LENGTH_MAX = 1_024;

/** CloudWatch drops metrics whose dimensions are not ASCII: what is not is written as its bytes. */
function dimensionOf(text: string): string {
  const ascii = text.toWellFormed().replaceAll(/[^\x20-\x7e]+/g, (run) => encodeURIComponent(run));
  if (ascii.length <= DIMENSION_LENGTH_MAX) return ascii;
  // Never a part of a byte.
  return ascii.slice(0, DIMENSION_LENGTH_MAX).replace(/%.?$/, '');
}

/**
 * The usage of a call at the chat door, as one line of JSON without its end; counts are null where
 * usage is not known. Undefined when no model answered.
 */
export function usageLine(entry: Settled, tenantId: string): string | undefined {
  if (!answered(entry)) return undefined;
  const { user_id, model_id, usage } = entry;
  const { input_tokens, output_tokens } = sidesOf(entry);
  const known = usage !== null;
  return JSON.stringify({
    event_type: 'bedrock_token_usage',
    timestamp: new Date(entry.started_at).toISOString(),
    tenant_id: tenantId,
    user_id,
    model_id,
    input_tokens: known ? input_tokens : null,
    output_tokens: known ? output_tokens : null,
    total_tokens: known ? input_tokens + output_tokens : null,
    request_id: entry.request_id,
  });
}
