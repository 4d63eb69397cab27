/**
 * The way of one call along a chain of labels: which it is tried on, in which order, and what
 * became of those that did not take it. `/model/premium/...` begins at that label,
 * `/model/auto/...` at the top of the application's ordering; labels that are spent, or were
 * earlier in the day, are passed.
 */
import type { Caller } from '../credentials/authority.ts';
import { labelsNow, type LabelsNow } from '../keeper/labels-now.ts';
import { StoreUnavailable } from '../ports/ledger-store.ts';
import { NO_CREDENTIALS } from '../ports/upstream.ts';
import type { Attempt } from './attempt.ts';
import { storeUnavailable } from './authenticate.ts';
import { refused, type Call, type Refused } from './call.ts';
import type { BodyOwner } from './fit.ts';
import type { Reply } from './forward.ts';
import type { Gateway } from './gateway.ts';
import { nameModel } from './name-model.ts';

/** The model id that begins at the top of the application's ordering. */
export const AUTO = 'auto';

/** One label that a call is tried on. */
export interface Step {
  readonly label: string;
  /** What the label stands for. */
  readonly modelId: string;
  readonly attemptId: string;
  /** Why it is not the first: words for a header, or null when it is. */
  readonly fallback: string | null;
  /** The model for whose body the call was made: that of the label asked for. */
  readonly bodyOf: BodyOwner;
}

/** A label that did not take the call. */
interface Passed {
  /** Word for the header, before the label's name. */
  readonly word: string;
  /** Sentence for the caller. */
  readonly said: string;
  readonly refusal: Refused | null;
}

/** Whether the call names a label of the caller's application, or asks for any. */
export function asksForLabel({ modelId }: Call, { keeping }: Caller): boolean {
  return keeping !== null && (modelId === AUTO || keeping.ordering.includes(modelId));
}

/** See the head of the file. One per call; used by one look at the configuration after another. */
export class LabelWalk {
  /** Labels that did not take the call, in the order of the ordering. */
  #passed = new Map<string, Passed>();
  /** Labels that were sent upstream in vain: they are never tried again. */
  readonly #failed = new Set<string>();
  #ordering: readonly string[] = [];
  /** Why the first label of those that are open is not the one asked for. */
  #firstReason: string | null = null;
  #resetsAt = 0;
  /** Milliseconds that the call has waited for holds. */
  #waitedMs = 0;
  /** Whether the ledger has compared the configuration with the newest one. */
  confirmed = false;
  /** Tells the client what became of the last label, if no other one takes the call. */
  lastAnswer: (() => void) | undefined;

  /** The labels to try, best first. */
  open: readonly string[] = [];
  #bodyOf: BodyOwner | undefined;

  /** Looks at the sticky label and the quotas as they are now. A refusal ends the call. */
  async begin(gateway: Gateway, call: Call, caller: Caller): Promise<Refused | undefined> {
    const { keeping } = caller;
    if (keeping === null) throw new Error('A call without labels has no chain.');
    this.#bodyOf = await bodyOwner(gateway, call, caller);
    let now: LabelsNow;
    try {
      now = await labelsNow(gateway.keeper, keeping, gateway.clock.now());
    } catch (error) {
      if (error instanceof StoreUnavailable) return storeUnavailable();
      throw error;
    }
    this.#ordering = keeping.ordering;
    this.#resetsAt = now.day.end;
    const failedTo = this.#ordering.findLastIndex((label) => this.#failed.has(label)) + 1;
    const from = Math.max(
      failedTo,
      call.modelId === AUTO ? 0 : this.#ordering.indexOf(call.modelId),
    );
    const rest = this.#ordering.slice(from);
    for (const label of rest) this.#passed.delete(label);
    this.open = rest.filter((label) => now.chosen.open.includes(label));
    if (failedTo === 0) this.#explain(firstReason(this.#ordering, rest, this.open, now));
    for (const label of rest) if (!this.open.includes(label)) this.#passed.set(label, SPENT);
    return undefined;
  }

  /** A further look finds the label where the first one has moved it: that was the reason. */
  #explain(reason: string | null): void {
    if (this.#firstReason !== null && reason === 'STICKY_FALLBACK') return;
    this.#firstReason = reason;
  }

  /** One of the open labels, once those before it have been tried. */
  step(gateway: Gateway, call: Call, label: string): Step {
    if (this.#bodyOf === undefined) throw new Error('A walk has not begun.');
    return {
      label,
      modelId: gateway.labels.idOf(label) ?? label,
      // The first attempt of a request carries its id, so that one id finds both.
      attemptId: this.#failed.size === 0 ? call.requestId : gateway.ids.uuid(),
      fallback: this.#wordsBefore(label),
      bodyOf: this.#bodyOf,
    };
  }

  #wordsBefore(label: string): string | null {
    const words = this.#firstReason === null ? [] : [this.#firstReason];
    for (const before of this.#ordering.slice(0, this.#ordering.indexOf(label))) {
      const passed = this.#passed.get(before);
      if (passed !== undefined && passed !== SPENT) {
        words.push(`${passed.word}_${before.toUpperCase()}`);
      }
    }
    return words.length === 0 ? null : words.join(', ');
  }

  /** Notes a refusal. False: no other label would be served either. */
  pass(label: string, refusal: Refused): boolean {
    const word = wordOf(refusal.reason);
    if (word === undefined) return false;
    // Which model the label stands for, in whose account, is nothing for whoever may not call it.
    const said = word === NOT_ALLOWED ? 'it may not be called with this API key.' : refusal.message;
    this.#passed.set(label, { word, said, refusal });
    return true;
  }

  /** Whether only running calls were in the way of a label. */
  wasHeld(label: string): boolean {
    return this.#passed.get(label)?.refusal?.reason === HELD;
  }

  /** How long the call may still wait for holds, in milliseconds. */
  waitLeftMs(gateway: Gateway): number {
    return Math.max(0, gateway.settings.admissionWaitMs - this.#waitedMs);
  }

  /** An admission that began at `began` (monotonic clock) ended in a refusal. */
  turnedAway(gateway: Gateway, began: number): void {
    this.#waitedMs += gateway.clock.monotonic() - began;
    this.confirmed = true;
  }

  /**
   * Whether a reply of the upstream is passed over for the next label, and notes it. Only before
   * any byte has gone out, and only where there is a next one.
   */
  passesReply(gateway: Gateway, { call, label }: Attempt, reply: Reply): boolean {
    if (gateway.settings.fallbackOnUpstream === 'off' || label === null) return false;
    const word = failureWord(reply);
    const last = this.#ordering.indexOf(label) === this.#ordering.length - 1;
    if (word === undefined || last || call.exchange.gone || call.exchange.headSent) return false;
    this.#failed.add(label);
    this.#passed.set(label, { word, said: 'the model service did not take it.', refusal: null });
    return true;
  }

  /** The refusal of a call that no label takes: it names what was tried, and why not. */
  refusal(): Refused {
    const passed = [...this.#passed.entries()].sort(
      ([one], [other]) => this.#ordering.indexOf(one) - this.#ordering.indexOf(other),
    );
    const { error, reason, retryAfterSeconds } = this.#kindOfRefusal(
      passed.map(([, each]) => each),
    );
    const told = passed.slice(0, TOLD_MAX).map(([label, each]) => `${label}: ${this.#say(each)}`);
    const more = passed.length > TOLD_MAX ? ` And ${passed.length - TOLD_MAX} more.` : '';
    const message = `No label of the chain takes this call. ${told.join(' ')}${more}`;
    return refused(error, reason, message, retryAfterSeconds);
  }

  /** Room that holds may give back comes first: that call is worth trying again. */
  #kindOfRefusal(
    passed: readonly Passed[],
  ): Pick<Refused, 'error' | 'reason'> & { readonly retryAfterSeconds?: number } {
    const refusals = passed.map(({ refusal }) => refusal);
    const held = refusals.find((each) => each?.reason === HELD);
    if (held !== null && held !== undefined) return held;
    if (passed.includes(SPENT) || refusals.some((each) => each?.reason === NO_ROOM)) {
      return { error: 'ServiceQuotaExceededException', reason: NO_ROOM };
    }
    const [first] = refusals.filter((each) => each !== null);
    return first ?? { error: 'ServiceUnavailableException', reason: 'upstream_unreachable' };
  }

  #say(passed: Passed): string {
    if (passed !== SPENT) return passed.said;
    return `${passed.said}, which ends at ${new Date(this.#resetsAt).toISOString()}.`;
  }
}

/** Labels that a refusal tells of. */
const TOLD_MAX = 12;

/** Reasons of `admit`. */
const HELD = 'budget_held';
const NO_ROOM = 'budget_spent';

/** Word for a label that this caller may not use. */
const NOT_ALLOWED = 'NOT_ALLOWED';

const SPENT: Passed = Object.freeze({
  word: 'QUOTA_EXCEEDED',
  said: 'its quota is spent for the day',
  refusal: null,
});

/** Refusals that concern the label alone, by their reasons; with any other the walk ends. */
const WORDS: Readonly<Record<string, string>> = {
  [NO_ROOM]: 'NO_ROOM',
  [HELD]: 'HELD',
  model_not_on_key: NOT_ALLOWED,
  model_not_granted: NOT_ALLOWED,
  arn_not_granted: NOT_ALLOWED,
  unpriced: 'UNPRICED',
  bound_too_large: 'NOT_BOUNDED',
  unfit: 'UNFIT',
  model_unknown: 'NOT_AVAILABLE',
  model_id_malformed: 'NOT_AVAILABLE',
  region_mismatch: 'NOT_AVAILABLE',
  arn_unknown: 'NOT_AVAILABLE',
  control_plane: 'NOT_AVAILABLE',
};

function wordOf(reason: string): string | undefined {
  return reason.startsWith('unbounded_') ? 'NOT_BOUNDED' : WORDS[reason];
}

/** What a reply that says nothing ran, and that another model may be better off, is called. */
function failureWord(reply: Reply): string | undefined {
  if (reply.kind === 'not_sent') {
    return reply.reason === NO_CREDENTIALS ? undefined : 'UPSTREAM_UNAVAILABLE';
  }
  if (reply.kind !== 'whole') return undefined;
  if (reply.status === 429) return 'UPSTREAM_THROTTLED';
  return reply.status === 503 ? 'UPSTREAM_UNAVAILABLE' : undefined;
}

/** Why the first open label is not the first of `rest`; null when it is. */
function firstReason(
  ordering: readonly string[],
  rest: readonly string[],
  [first]: readonly string[],
  { chosen }: LabelsNow,
): string | null {
  if (first === undefined || first === rest[0]) return null;
  // The chain as a whole and this call have come to the same label.
  if (first === chosen.label) return chosen.reason;
  const left = ordering[ordering.indexOf(first) - 1] ?? '';
  return `QUOTA_EXCEEDED_${left.toUpperCase()}`;
}

/** The model of the label asked for, whose body an InvokeModel request has. */
function bodyOwner(
  gateway: Gateway,
  call: Call,
  { keeping, grants }: Caller,
): BodyOwner | Promise<BodyOwner> {
  const asked = call.modelId === AUTO ? (keeping?.ordering[0] ?? AUTO) : call.modelId;
  return nameModel(gateway, gateway.labels.idOf(asked) ?? asked, grants);
}
