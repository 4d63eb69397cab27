/** Sums of entries by label, over the ledger in memory. */
import type { Entry } from '@tollkeeper/core';
import type { LabelQuery, LabelSum } from '../../ports/ledger-store.ts';
import type { Line } from './ledger.ts';

/** In the order of the labels, null first. */
export function labelSumsOf(lines: readonly Line[], query: LabelQuery): LabelSum[] {
  const wanted = lines.filter(
    ({ entry, at }) =>
      entry.org_id === query.org_id &&
      (query.app_id === undefined || entry.app_id === query.app_id) &&
      at >= query.from &&
      at < query.to,
  );
  const labels = [...new Set(wanted.map(({ entry }) => entry.label))].sort(nullsFirst);
  return labels.map((label) =>
    sumOf(
      label,
      wanted.filter(({ entry }) => entry.label === label),
    ),
  );
}

function sumOf(label: string | null, lines: readonly Line[]): LabelSum {
  const sum = (count: (line: Line) => number): number =>
    lines.reduce((total, line) => total + count(line), 0);
  const money = (amount: (line: Line) => bigint): bigint =>
    lines.reduce((total, line) => total + amount(line), 0n);
  const latest = Math.max(...lines.map(({ at }) => at));
  const models = lines.filter(({ at }) => at === latest).map(({ entry }) => entry.model_id);
  return {
    label,
    model_id: models.sort().at(-1) ?? '',
    requests: sum(({ entry }) => (entry.entry_type === 'correction' ? 0 : 1)),
    input_tokens: sum(({ entry }) => inputOf(entry)),
    output_tokens: sum(({ entry }) => entry.usage?.output_tokens ?? 0),
    cost: money(({ entry }) => entry.cost),
    posted: money(({ postings }) => postings.usd.amount),
    ceiling: money(({ postings }) => postings.usd.ceiling),
  };
}

function inputOf({ usage }: Entry): number {
  if (usage === null) return 0;
  return (
    usage.input_tokens +
    usage.cache_read_input_tokens +
    usage.cache_write_5m_input_tokens +
    usage.cache_write_1h_input_tokens +
    usage.cache_write_30m_input_tokens
  );
}

function nullsFirst(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return a < b ? -1 : 1;
}
