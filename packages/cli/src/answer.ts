/** Answers as people and programs want them: tables, CSV, JSON. */
import { GROUP_KEYS } from '@tollkeeper/contract';
import { csvCell } from '@tollkeeper/core';
import { withoutNull, type JsonSchema } from './flag.ts';

export type Format = 'table' | 'json' | 'csv';
type Row = Readonly<Record<string, unknown>>;

/**
 * Columns of tables, by the name of the list; nested members with dots. Other lists show every
 * member.
 */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  organizations: ['org_id', 'org_name', 'timezone', 'created_at'],
  applications: ['app_id', 'app_name', 'created_at'],
  keys: ['key_id', 'name', 'user_id', 'scopes', 'status', 'created_at', 'expires_at'],
  access_keys: [
    'key_id',
    'access_key_id',
    'name',
    'user_id',
    'scopes',
    'status',
    'created_at',
    'expires_at',
  ],
  groups: [
    ...GROUP_KEYS,
    'cost_usd',
    'requests',
    'input_tokens',
    'output_tokens',
    'cache_read_input_tokens',
    'cache_write_5m_input_tokens',
    'cache_write_1h_input_tokens',
    'cache_write_30m_input_tokens',
    'units',
    'unknown_entries',
    'ceiling_usd',
    'unpriced_entries',
  ],
  budgets: [
    'budget_id',
    'scope.type',
    'limit.amount',
    'limit.unit',
    'window',
    'mode',
    'spent',
    'ceiling',
    'held',
    'remaining',
    'resets_at',
  ],
  grants: ['grant_id', 'kind', 'value', 'region'],
  entries: [
    'started_at',
    'app_id',
    'user_id',
    'model_id',
    'outcome',
    'usage_source',
    'usage.input_tokens',
    'usage.output_tokens',
    'cost_usd',
    'ceiling_usd',
  ],
  records: ['at', 'actor.kind', 'actor.id', 'action', 'resource', 'resource_id', 'org_id'],
  prices: ['model_id', 'region', 'scope', 'tier', 'usage_class', 'context_band', 'usd', 'per'],
  versions: [
    'price_version',
    'reason',
    'created_at',
    'created_by',
    'counts.added',
    'counts.changed',
    'counts.removed',
    'counts.layers',
    'note',
  ],
  layers: [
    'layer_id',
    'kind',
    'org_id',
    'provider',
    'model_id',
    'region',
    'usage_class',
    'usd',
    'per',
    'percent',
    'effective_from',
    'effective_until',
  ],
  // Of a month of provisioned throughput.
  lines: ['kind', 'org_id', 'app_id', 'user_id', 'key_id', 'tokens', 'cost_usd', 'explanation'],
  rerates: [
    'rerate_id',
    'status',
    'from',
    'to',
    'price_version',
    'dry_run',
    'scanned_entries',
    'corrected_entries',
    'difference_usd',
  ],
};

/** Totals are a row of their own under the groups that they are the sum of. */
const TOTAL = 'total';

/** Prints an answer. `schema` is that of the operation's result. */
export function print(answer: unknown, schema: JsonSchema, format: Format): string {
  if (format === 'json') return `${JSON.stringify(answer, null, 2)}\n`;
  const whole = asRow(answer);
  const list = listIn(schema);
  if (list === undefined) {
    const columns = columnsOf(schema);
    return format === 'csv' ? csv(columns, [whole]) : upright(columns, whole);
  }
  const rows = (whole[list.name] as readonly Row[] | undefined) ?? [];
  if (format === 'csv') return csv(columnsOf(list.items), rows);
  const total = whole[TOTAL] === undefined ? [] : [asRow(whole[TOTAL])];
  const columns = COLUMNS[list.name] ?? columnsOf(list.items);
  return table(
    columns.filter((column) => usedIn(column, [...rows, ...total])),
    rows,
    total,
  );
}

/** The list in a page, if the result is a page. */
export function listIn(schema: JsonSchema): { name: string; items: JsonSchema } | undefined {
  const names = Object.keys(schema.properties ?? {});
  if (!names.includes('next_cursor') && !names.includes(TOTAL)) return undefined;
  for (const [name, each] of Object.entries(schema.properties ?? {})) {
    if (each.type === 'array' && each.items !== undefined) return { name, items: each.items };
  }
  return undefined;
}

/** Every member of an object schema, nested ones with dots; lists and maps stay one column. */
function columnsOf(schema: JsonSchema, before = ''): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
    const inner = withoutNull(each);
    const path = before + name;
    return inner.properties === undefined ? [path] : columnsOf(inner, `${path}.`);
  });
}

function asRow(value: unknown): Row {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function at(row: Row, column: string): unknown {
  return column.split('.').reduce<unknown>((value, name) => asRow(value)[name], row);
}

function usedIn(column: string, rows: readonly Row[]): boolean {
  return rows.length === 0 || rows.some((row) => says(column, at(row, column)));
}

/** Figures that are mostly zero: a table without those that are zero throughout fits the screen. */
const MOSTLY_ZERO = /^((in|out)put_tokens|cache_(read|write)_.*|un.*_entries|ceiling_usd)$/;

function says(column: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (MOSTLY_ZERO.test(column)) return Number(value) !== 0;
  return column !== 'units' || unitsOf(value).length > 0;
}

/** Units that a cell names; the others are only counted. */
const UNITS_SHOWN = 2;

/** `image:1024:standard 3, search_unit 2`: short enough to stand in a table. */
function unitsShown(value: unknown): string {
  const words = unitsOf(value).map(([name, count]) => `${name} ${count}`);
  const more = words.length > UNITS_SHOWN ? [`+${words.length - UNITS_SHOWN} more`] : [];
  return [...words.slice(0, UNITS_SHOWN), ...more].join(', ');
}

function unitsOf(value: unknown): readonly (readonly [string, number])[] {
  return Object.entries(asRow(value))
    .map(([name, count]) => [name, Number(count)] as const)
    .filter(([, count]) => count !== 0);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) {
    return value.join(' ');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** RFC 4180: a header, commas, CRLF. */
function csv(columns: readonly string[], rows: readonly Row[]): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => textOf(at(row, column))))];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

/** Rows under their columns, and the totals below; numbers stand to the right. */
export function table(
  columns: readonly string[],
  rows: readonly Row[],
  total: readonly Row[],
): string {
  const cells = (row: Row): string[] => columns.map((column) => cellOf(column, at(row, column)));
  const body = rows.map(cells);
  const foot = total.map((row) => cells(row).map((cell, i) => (i === 0 && !cell ? TOTAL : cell)));
  const head = columns.map((column) => column.replace(/^.*\./, '').toUpperCase());
  const all = [head, ...body, ...foot];
  const widths = columns.map((_, i) => Math.max(...all.map((line) => line[i]?.length ?? 0)));
  const numeric = columns.map((_, i) => isNumeric([...body, ...foot].map((line) => line[i] ?? '')));
  const lines = all.map((line) =>
    line
      .map((cell, i) =>
        numeric[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function cellOf(column: string, value: unknown): string {
  return printable(column === 'units' ? unitsShown(value) : value);
}

/** Names come from others: what would move the cursor of a terminal is shown as a blank. */
export function printable(value: unknown): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  return textOf(value).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

function isNumeric(cells: readonly string[]): boolean {
  const filled = cells.filter((cell) => cell !== '' && cell !== TOTAL);
  return filled.length > 0 && filled.every((cell) => /^-?\d+(\.\d+)?$/.test(cell));
}

function upright(columns: readonly string[], row: Row): string {
  const shown = columns.filter((column) => at(row, column) !== undefined);
  const width = Math.max(...shown.map((column) => column.length));
  return shown.map((column) => `${column.padEnd(width)}  ${printable(at(row, column))}\n`).join('');
}
