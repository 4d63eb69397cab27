/** Ids of versions: a UTC day and a number within it, such as `2026-11-22.3`. */

const FORM = /^(\d{4}-\d{2}-\d{2})\.(\d{1,9})$/;

interface Parts {
  readonly day: string;
  readonly number: number;
}

function partsOf(version: string): Parts | undefined {
  const match = FORM.exec(version);
  return match === null ? undefined : { day: match[1] ?? '', number: Number(match[2]) };
}

/** Whether `a` comes after `b`. Ids of another form come before all others. */
export function isLater(a: string, b: string): boolean {
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left === undefined) return false;
  if (right === undefined) return true;
  return left.day === right.day ? left.number > right.number : left.day > right.day;
}

/**
 * The id of the version after `last`, made on a UTC day. It is later than `last` even when the
 * clock has gone back since.
 */
export function nextVersion(last: string, today: string): string {
  const before = partsOf(last);
  if (before === undefined || before.day < today) return `${today}.1`;
  return `${before.day}.${before.number + 1}`;
}
