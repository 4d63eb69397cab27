/**
 * Sends what is in the outbox when it is due. Webhooks are served side by side, each one message
 * after another, so that one that does not answer holds up nobody else; after a failure the others
 * of the same webhook wait a moment.
 */
import { dueAt, type Outbox, type Pending } from '../keeper/alerts/outbox.ts';
import type { Courier } from '../keeper/alerts/courier.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** Webhooks that are sent to at once. */
const AT_ONCE_MAX = 32;
/** How long a webhook that has refused one message is left alone with the others. */
const PAUSE_MS = 1_000;
/** A pause before the next look after one that found something due, in milliseconds. */
const BREATH_MS = 50;

export interface AlertDeliveryParts {
  readonly outbox: Outbox;
  readonly courier: Courier;
  readonly clock: Clock;
  readonly log: Telemetry['log'];
  /** How often to look for what other processes have left, in milliseconds. */
  readonly everyMs: number;
}

export class AlertDelivery {
  readonly #parts: AlertDeliveryParts;
  readonly #busy = new Map<string, Promise<void>>();
  #round: Promise<void> | undefined;
  #again = false;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(parts: AlertDeliveryParts) {
    this.#parts = parts;
  }

  /** Looks at the outbox now, and from then on whenever something is due, until `stop`. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#round !== undefined) {
      this.#again = true;
      return;
    }
    this.#timer?.cancel();
    this.#round = this.#look()
      .catch((error: unknown) => {
        this.#note(error);
        return this.#parts.everyMs;
      })
      .then((wait) => this.#looked(wait));
  }

  #looked(wait: number): void {
    this.#round = undefined;
    if (this.#stopped) return;
    const next = this.#again ? 0 : wait;
    this.#again = false;
    this.#timer = this.#parts.clock.after(next, () => this.wake());
  }

  /** Nothing is tried from here on; resolves when what is being sent has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#round;
    await Promise.all(this.#busy.values());
  }

  /** Sets webhooks going; answers when to look next, in milliseconds from now. */
  async #look(): Promise<number> {
    const { outbox, clock, everyMs } = this.#parts;
    const pending = await outbox.pending();
    const now = clock.now();
    const due = pending.filter(({ value }) => dueAt(value) <= now);
    for (const [uid, messages] of Map.groupBy(due, ({ value }) => value.webhook_uid)) {
      if (this.#stopped || this.#busy.size >= AT_ONCE_MAX) break;
      if (!this.#busy.has(uid)) this.#serve(uid, messages);
    }
    const later = pending.find(({ value }) => dueAt(value) > now);
    const wait = later === undefined ? everyMs : dueAt(later.value) - now;
    return Math.min(everyMs, Math.max(BREATH_MS, wait));
  }

  #serve(uid: string, messages: readonly Pending[]): void {
    const served = this.#carryAll(messages)
      .catch((error: unknown) => {
        this.#note(error);
        return this.#parts.everyMs;
      })
      .then((wait) => {
        this.#busy.delete(uid);
        // What was postponed has a time of its own by now, and others may have come in.
        if (wait === 0) this.wake();
        else this.#parts.clock.after(wait, () => this.wake());
      });
    this.#busy.set(uid, served);
  }

  /** Answers how long to leave the webhook alone. */
  async #carryAll(messages: readonly Pending[]): Promise<number> {
    for (const message of messages) {
      if (this.#stopped) break;
      if ((await this.#parts.courier.carry(message)) === 'refused') return PAUSE_MS;
    }
    return 0;
  }

  #note(error: unknown): void {
    this.#parts.log('warn', 'Messages to webhooks could not be looked after; tried again later.', {
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}
