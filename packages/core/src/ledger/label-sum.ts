/** Sums of lines by label, folded line by line: nothing of a line is kept. */
import { promptTokens } from '../usage/usage.ts';
import { requestsOf, type Line } from './line.ts';

/**
 * What entries of one label come to, by the moment that chose the windows of their budgets: a
 * budget of the same scope and window that matches the label has posted the same.
 */
export interface LabelSum {
  /** Null: entries without a label. */
  readonly label: string | null;
  /** Of the entry dispatched last; of several at the same moment the greatest id. */
  readonly model_id: string;
  /** Entries that are no corrections, without those that were taken back. */
  readonly requests: number;
  /** Of all classes of input, caches included. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Pico-USD of known charges. */
  readonly cost: bigint;
  /** Pico-USD that budgets count, and the part of it that is not a known charge. */
  readonly posted: bigint;
  readonly ceiling: bigint;
}

interface Sums {
  sum: LabelSum;
  /** When the last of them was dispatched. */
  latest: number;
}

/** Sums lines as they come, in any order. */
export class LabelFold {
  readonly #labels = new Map<string | null, Sums>();

  add(line: Line): void {
    const { entry, at, postings } = line;
    const { label, model_id, usage } = entry;
    const before = this.#labels.get(label);
    const sum = before?.sum;
    const isLast =
      before === undefined ||
      at > before.latest ||
      (at === before.latest && model_id > before.sum.model_id);
    this.#labels.set(label, {
      latest: Math.max(at, before?.latest ?? at),
      sum: {
        label,
        model_id: isLast ? model_id : before.sum.model_id,
        requests: (sum?.requests ?? 0) + requestsOf(line),
        input_tokens: (sum?.input_tokens ?? 0) + (usage === null ? 0 : promptTokens(usage)),
        output_tokens: (sum?.output_tokens ?? 0) + (usage?.output_tokens ?? 0),
        cost: (sum?.cost ?? 0n) + entry.cost,
        posted: (sum?.posted ?? 0n) + postings.usd.amount,
        ceiling: (sum?.ceiling ?? 0n) + postings.usd.ceiling,
      },
    });
  }

  /** What has been added so far, in the order of the labels, null first. */
  sums(): LabelSum[] {
    return [...this.#labels.values()].map(({ sum }) => sum).sort(byLabel);
  }
}

function byLabel({ label: a }: LabelSum, { label: b }: LabelSum): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return a < b ? -1 : 1;
}
