/** Times of the API: RFC 3339 in, milliseconds since the epoch inside, RFC 3339 in UTC out. */
import { isTimeZone, startOfUtcDate } from '@tollkeeper/core';
import { parseMoment } from '../keeper/moment.ts';
import { invalidMember } from './fault.ts';

/** Prints an instant (milliseconds since the epoch), such as `2026-11-22T14:33:00.000Z`. */
export function toApiTime(at: number): string {
  return new Date(at).toISOString();
}

/**
 * Reads a time whose form the contract has checked. Throws a `Fault` for a day that does not exist.
 */
export function fromApiTime(member: string, text: string): number {
  const at = parseMoment(text);
  if (at === undefined) throw invalidMember(member, 'is not a time that exists');
  return at;
}

/** A day whose form the contract has checked. Throws a `Fault` for one that does not exist. */
export function fromApiDay(member: string, day: string | undefined): string | undefined {
  if (day !== undefined && startOfUtcDate(day) === undefined) {
    throw invalidMember(member, 'is not a day that exists');
  }
  return day;
}

/** Checks the name of a time zone. Throws a `Fault`. */
export function fromApiTimeZone(member: string, name: string): string {
  if (!isTimeZone(name)) throw invalidMember(member, 'is not an IANA time zone');
  return name;
}
