/**
 * Reading of parsed JSON without trust: small questions that a dialect asks of a value.
 */

/** A JSON object. */
export type JsonObject = { readonly [member: string]: unknown };

/** The value as an object, or null when it is something else. */
export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : null;
}

/** The value as a list, or null. */
export function asList(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) ? value : null;
}

/** The value as a string, or null. */
export function asString(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The value as an integer, or null. */
export function asInteger(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** The strings of a list; other members are left out. */
export function stringsOf(value: unknown): readonly string[] {
  return (asList(value) ?? []).filter((entry) => typeof entry === 'string');
}
