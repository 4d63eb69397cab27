/** Finds calls in memory by the ids under which others know them. */
import { idsOfCall, inEntryOrder, subjectIn, withdrawalId, withdrawalOf } from '@tollkeeper/core';
import type { Entry, EntryDraft, Hold, Line, Subject, Withdrawal } from '@tollkeeper/core';
import type { RecordEntry } from '../../ports/ledger-store.ts';

export class KnownCalls {
  readonly #lines: ReadonlyMap<string, Line>;
  readonly #holds: ReadonlyMap<string, Pick<Hold, 'intent'>>;

  /** Both are those of the ledger. */
  constructor(lines: ReadonlyMap<string, Line>, holds: ReadonlyMap<string, Pick<Hold, 'intent'>>) {
    this.#lines = lines;
    this.#holds = holds;
  }

  /**
   * What `known_as` or a submission's own ids name; null for a hold. Of a correction, what has
   * withdrawn that which it corrects: nothing is left to be corrected.
   */
  find({ entry, known_as = [] }: RecordEntry): Entry | null | undefined {
    if (entry.entry_type === 'correction' && entry.corrects_entry_id !== null) {
      const withdrawn = this.#lines.get(`correction ${withdrawalId(entry.corrects_entry_id)}`);
      if (withdrawn !== undefined) return withdrawn.entry;
    }
    const attempts = this.#entriesOf(entry.org_id, 'attempt');
    const submissions = this.#entriesOf(entry.org_id, 'submission');
    const holds = [...this.#holds.values()].filter(
      ({ intent }) => intent.subject.org_id === entry.org_id,
    );
    const own = entry.entry_type === 'submission' ? idsOfCall(entry) : [];
    for (const id of new Set([...known_as, ...own])) {
      if (known_as.includes(id)) {
        const found =
          attempts.find((one) => one.attempt_id === id) ??
          attempts.find((one) => one.request_id === id) ??
          attempts.find((one) => this.#upstreamIdsOf(one).includes(id));
        if (found !== undefined) return found;
        const names = ({ intent }: Pick<Hold, 'intent'>): boolean =>
          intent.attempt_id === id || intent.request_id === id;
        if (holds.some(names)) return null;
      }
      const submitted = submissions.find((one) => idsOfCall(one).includes(id));
      if (submitted !== undefined) return submitted;
    }
    return undefined;
  }

  /** What a settlement withdraws: what was submitted of the same call. Undefined: nothing was. */
  withdrawalOf(attempt: EntryDraft): Withdrawal | undefined {
    const { org_id, upstream_request_id: id } = attempt;
    const submission = [...this.#lines.values()].find(
      ({ entry }) =>
        entry.entry_type === 'submission' &&
        entry.org_id === org_id &&
        id !== null &&
        idsOfCall(entry).includes(id),
    );
    if (submission === undefined) return undefined;
    const { entry_id } = submission.entry;
    if (this.#lines.has(`correction ${withdrawalId(entry_id)}`)) return undefined;
    const corrections = [...this.#lines.values()].filter(
      ({ entry }) => entry.corrects_entry_id === entry_id,
    );
    return withdrawalOf(submission, corrections, attempt);
  }

  #entriesOf(orgId: string, type: Entry['entry_type']): Entry[] {
    return [...this.#lines.values()]
      .map(({ entry }) => entry)
      .filter(({ org_id, entry_type }) => org_id === orgId && entry_type === type)
      .sort(inEntryOrder);
  }

  /** Of a recovered attempt, its late settlement knows the id. */
  #upstreamIdsOf({ entry_id, upstream_request_id }: Entry): (string | null)[] {
    const corrections = [...this.#lines.values()]
      .map(({ entry }) => entry)
      .filter((entry) => entry.corrects_entry_id === entry_id && entry.source === 'gateway');
    return [upstream_request_id, ...corrections.map((entry) => entry.upstream_request_id)];
  }
}

/** For the answer of a settlement: whose submission was withdrawn. */
export function withdrew(back: Withdrawal | undefined): { withdrew?: Subject } {
  return back === undefined ? {} : { withdrew: subjectIn(back.entry) };
}
