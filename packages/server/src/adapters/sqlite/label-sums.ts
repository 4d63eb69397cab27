/** Sums of entries by label, by the moment of dispatch that chose the windows of their budgets. */
import type { DatabaseSync } from 'node:sqlite';
import type { LabelQuery, LabelSum } from '../../ports/ledger-store.ts';
import { dispatchedRows, IN_WINDOW } from './dispatched.ts';
import { moneyOf, moneySum } from './schema.ts';

const INPUT = [
  'input_tokens',
  'cache_read_input_tokens',
  'cache_write_5m_input_tokens',
  'cache_write_1h_input_tokens',
  'cache_write_30m_input_tokens',
].join(' + ');

const COLUMNS = `label, model_id, dispatched_at, cost, usd_posted, usd_ceiling, output_tokens,
  ${INPUT} AS input_tokens, line_key < 'c' OR line_key >= 'd' AS requests`;

const SUMS = `sum(requests) AS requests, coalesce(sum(input_tokens), 0) AS input_tokens,
  coalesce(sum(output_tokens), 0) AS output_tokens, max(dispatched_at) AS latest,
  ${moneySum('cost', 'cost')}, ${moneySum('usd_posted', 'posted')},
  ${moneySum('usd_ceiling', 'ceiling')}`;

type Sums = Readonly<Record<string, bigint>> & {
  readonly label: string | null;
  readonly model_id: string;
};

/** In the order of the labels, null first. */
export function labelSums(database: DatabaseSync, query: LabelQuery): LabelSum[] {
  const { org_id, app_id, from, to } = query;
  const where = app_id === undefined ? IN_WINDOW : `${IN_WINDOW} AND app_id = $app`;
  const statement = database.prepare(
    `SELECT label, model_id, ${SUMS} FROM ${dispatchedRows(COLUMNS, where)}
     GROUP BY label, model_id ORDER BY label, latest, model_id`,
  );
  statement.setReadBigInts(true);
  const narrowed = app_id === undefined ? {} : { $app: app_id };
  const found = statement.all({ $org: org_id, $start: from, $end: to, ...narrowed });
  const sums = new Map<string | null, LabelSum>();
  // The last of a label's models is the one that was dispatched last.
  for (const row of found as unknown as Sums[]) {
    sums.set(row.label, added(sums.get(row.label), row));
  }
  return [...sums.values()];
}

function added(before: LabelSum | undefined, row: Sums): LabelSum {
  const money = (name: string): bigint =>
    moneyOf(row[`${name}_high`] ?? 0n, row[`${name}_low`] ?? 0n);
  return {
    label: row.label,
    model_id: row.model_id,
    requests: (before?.requests ?? 0) + Number(row.requests),
    input_tokens: (before?.input_tokens ?? 0) + Number(row.input_tokens),
    output_tokens: (before?.output_tokens ?? 0) + Number(row.output_tokens),
    cost: (before?.cost ?? 0n) + money('cost'),
    posted: (before?.posted ?? 0n) + money('posted'),
    ceiling: (before?.ceiling ?? 0n) + money('ceiling'),
  };
}
