/** ListProvisionedModelThroughputs: its filters, its order and its pages. */
import type { Account, ProvisionedModel } from '../account/account.ts';
import { Check, RULES } from './check.ts';
import { pageAsk, pageOf } from './page.ts';
import { summarised } from './provisioned.ts';

/** Answers ListProvisionedModelThroughputs, the newest first unless asked otherwise. */
export function listProvisioned(account: Account, query: URLSearchParams, region: string): object {
  const check = new Check();
  const asked = (name: string): string | null => query.get(name);
  const after = momentOf(check, 'creationTimeAfter', asked('creationTimeAfter'));
  const before = momentOf(check, 'creationTimeBefore', asked('creationTimeBefore'));
  const statuses = ['Creating', 'InService', 'Updating', 'Failed'] as const;
  const status = check.word('statusEquals', asked('statusEquals'), statuses);
  const model = check.text('modelArnEquals', asked('modelArnEquals'), RULES.modelId, false);
  const name = check.text('nameContains', asked('nameContains'), RULES.provisionedModelName, false);
  check.word('sortBy', asked('sortBy'), ['CreationTime']);
  const order = check.word('sortOrder', asked('sortOrder'), ['Ascending', 'Descending']);
  const ask = pageAsk(query, check);
  check.done();
  const list = account
    .provisioned(region)
    .filter(
      (each) =>
        (after === null || each.createdMs > after) &&
        (before === null || each.createdMs < before) &&
        (status === null || account.statusOf(each) === status) &&
        (model === null || each.desiredModelArn === model) &&
        (name === null || each.name.includes(name)),
    );
  const sorted = list.toSorted(order === 'Ascending' ? byAge : (one, other) => byAge(other, one));
  const { entries, nextToken } = pageOf(sorted, ({ arn }) => arn, ask);
  return {
    provisionedModelSummaries: entries.map((each) => summarised(account, each)),
    ...(nextToken === null ? {} : { nextToken }),
  };
}

function momentOf(check: Check, name: string, text: string | null): number | null {
  if (text === null) return null;
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  check.text(name, text, { min: 1, max: 64, pattern: /^\d{4}-\d\d-\d\dT\S+$/ }, true);
  return null;
}

function byAge(one: ProvisionedModel, other: ProvisionedModel): number {
  return one.createdMs - other.createdMs || (one.arn < other.arn ? -1 : 1);
}
