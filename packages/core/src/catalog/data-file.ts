/**
 * Reads values of the data files that come with the product: each function returns the value in its
 * type, or throws a RangeError that says where (`where`) the file is not what it should be.
 */

export function recordOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RangeError(`${where}: not an object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

export function listOf(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RangeError(`${where}: not a list`);
  return value as readonly unknown[];
}

/** A text of at least one character. */
export function textOf(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') throw new RangeError(`${where}: not a text`);
  return value;
}
