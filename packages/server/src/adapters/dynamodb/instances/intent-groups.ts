/**
 * The lists of open intents: each transaction that makes intents also puts an item that names them
 * under their instance, so that whoever recovers it finds all of them, and nothing else.
 *
 * An item goes when all that it names have ended. That is done later, and many at once; until then
 * its attempts are found to have ended, one by one.
 */
import type { Clock, Timer } from '../../../ports/clock.ts';
import type { Ids } from '../../../ports/ids.ts';
import type { ItemKey, Items } from '../items/items.ts';
import { instancePartition, intentGroupSort } from '../items/keys.ts';
import { attemptsOfGroup, groupAttributes } from '../entries/line-items.ts';
import type { View } from '../groups/transactions.ts';

/** Where an intent is named. */
export interface InGroup {
  readonly instance_id: string;
  readonly group: string;
}

interface Group {
  readonly open: Set<string>;
  readonly ended: Set<string>;
}

/** How long an item waits for others to be removed with it, in milliseconds. */
const CLEAR_AFTER_MS = 2_000;
/** So many are removed without waiting. */
const CLEAR_AT = 100;

export class IntentGroups {
  readonly #items: Items;
  readonly #clock: Clock;
  readonly #name: string;
  #count = 0;
  /** Open attempts of this process by their id. */
  readonly #attempts = new Map<string, InGroup>();
  readonly #groups = new Map<string, Group>();
  /** Groups that have no open attempt any more. */
  readonly #done = new Map<string, InGroup>();
  #timer: Timer | undefined;
  #clearing: Promise<void> = Promise.resolve();

  constructor(items: Items, clock: Clock, ids: Ids) {
    this.#items = items;
    this.#clock = clock;
    this.#name = ids.uuid();
  }

  /** Names an intent in the item of the transaction that makes it. */
  add(view: View, instanceId: string, attemptId: string): InGroup {
    const memo = `intents of ${instanceId}`;
    const known = view.memo.get(memo);
    const group = typeof known === 'string' ? known : `${this.#name}.${(this.#count += 1)}`;
    view.memo.set(memo, group);
    const inGroup = { instance_id: instanceId, group };
    const key = keyOf(inGroup);
    if (!view.create(key, groupAttributes([attemptId]))) {
      const item = view.get(key);
      const named = item === undefined ? [] : attemptsOfGroup(item);
      view.put(key, groupAttributes([...named, attemptId]));
    }
    return inGroup;
  }

  /** The intent is durable, or may be. */
  opened(attemptId: string, inGroup: InGroup): void {
    this.#attempts.set(attemptId, inGroup);
    this.#groupOf(inGroup).open.add(attemptId);
  }

  /** The instance of an open intent of this process. */
  instanceOf(attemptId: string): string | undefined {
    return this.#attempts.get(attemptId)?.instance_id;
  }

  /** The attempt is certainly not open any more. */
  ended(attemptId: string): void {
    const inGroup = this.#attempts.get(attemptId);
    if (inGroup === undefined) return;
    this.#attempts.delete(attemptId);
    const group = this.#groupOf(inGroup);
    group.open.delete(attemptId);
    group.ended.add(attemptId);
    if (group.open.size > 0) return;
    this.#done.set(inGroup.group, inGroup);
    if (this.#done.size >= CLEAR_AT) this.#clearSoon(0);
    else this.#clearSoon(CLEAR_AFTER_MS);
  }

  /** Removes what is still there of groups that are done; for the end of a process. */
  async clear(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#clearing = this.#clearing.then(() => this.#clearNow());
    await this.#clearing;
  }

  #groupOf({ group }: InGroup): Group {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    const made = { open: new Set<string>(), ended: new Set<string>() };
    this.#groups.set(group, made);
    return made;
  }

  #clearSoon(ms: number): void {
    if (this.#timer !== undefined && ms > 0) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(ms, () => void this.clear());
  }

  /** What can not be removed now is left to recovery, which finds nothing open in it. */
  async #clearNow(): Promise<void> {
    const done = [...this.#done.values()];
    this.#done.clear();
    try {
      const found = await this.#items.get(done.map(keyOf));
      const gone = done.filter((inGroup, index) => {
        const { ended } = this.#groupOf(inGroup);
        const item = found[index];
        // Of a group that is just being made not all attempts are known here yet.
        const isDone = item !== undefined && attemptsOfGroup(item).every((id) => ended.has(id));
        // One that is not there was never made, or removed by others.
        if (isDone || item === undefined) this.#groups.delete(inGroup.group);
        return isDone;
      });
      await this.#items.writeEach(gone.map((inGroup) => ({ op: 'delete', key: keyOf(inGroup) })));
    } catch {
      for (const { group } of done) this.#groups.delete(group);
    }
  }
}

function keyOf({ instance_id, group }: InGroup): ItemKey {
  return { pk: instancePartition(instance_id), sk: intentGroupSort(group) };
}
