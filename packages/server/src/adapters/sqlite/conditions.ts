/** What narrows a query, as SQL and the values it binds. */

export interface Conditions {
  readonly where: string[];
  readonly values: (string | number)[];
}

/** A condition with one place for a value, and the value; undefined: it does not narrow. */
export type Narrowing = readonly [condition: string, value: string | number | undefined];

/** The conditions that narrow, in order. */
export function conditionsOf(narrowings: readonly Narrowing[]): Conditions {
  const conditions: Conditions = { where: [], values: [] };
  for (const [condition, value] of narrowings) {
    if (value === undefined) continue;
    conditions.where.push(condition);
    conditions.values.push(value);
  }
  return conditions;
}

/** The `WHERE` clause, or nothing when nothing narrows. */
export function whereClause({ where }: Conditions): string {
  return where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
}
