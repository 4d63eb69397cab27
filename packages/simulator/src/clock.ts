/**
 * The only place of the simulator that touches wall time, timers and chance. Everything else gets
 * them from here, so that one file shows what a run depends on besides its requests.
 */
import { randomUUID } from 'node:crypto';

/** Milliseconds since the epoch. */
export function nowMs(): number {
  return Date.now();
}

/** An instant as RFC 3339 in UTC with milliseconds. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same time of the same day some months later, or of that month's last day. */
export function monthsLater(ms: number, months: number): number {
  const end = new Date(ms);
  const day = end.getUTCDate();
  end.setUTCMonth(end.getUTCMonth() + months);
  if (end.getUTCDate() !== day) end.setUTCDate(0);
  return end.getTime();
}

/**
 * Runs `then` after `ms`. Node keeps timers of one duration in one list, so equal paces are cheap.
 */
export function after(ms: number, then: () => void): void {
  setTimeout(then, ms);
}

/** Runs `then` after `ms`, at once when that is zero. */
export function later(ms: number, then: () => void): void {
  if (ms === 0) then();
  else after(ms, then);
}

/** Runs `then` once what was written in this turn has left. */
export function soon(then: () => void): void {
  setImmediate(then);
}

/** A request id as AWS makes them: a random UUID. */
export function newRequestId(): string {
  return randomUUID();
}

/** The end of an ARN that the service makes: twelve lower-case letters and digits. */
export function newResourceId(): string {
  return randomUUID().replaceAll('-', '').slice(0, 12);
}
