/** Imports of price rows: begun, handed over in pieces, committed as one version of the book. */
import {
  IMPORT_CHANGES_SHOWN,
  IMPORT_PIECES_MAX,
  type ApiRequest,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import {
  isTokenClass,
  parseContextBand,
  startOfUtcDate,
  unitPrice,
  type PriceRow,
} from '@tollkeeper/core';
import { ContradictoryImport } from '../prices/import-plan.ts';
import { PriceChangeCrowded, type ImportOutcome } from '../prices/price-home.ts';
import { toCells, type PriceImportRecord } from '../prices/price-records.ts';
import { OPERATOR_SOURCE, PRICE_LIST_SOURCE } from '../prices/price-source.ts';
import { dropPieces, putPiece, readPieces } from '../prices/stored-rows.ts';
import type { Visitor } from './access.ts';
import { auditRecord } from './audit-record.ts';
import { changed } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, invalidMember, notFound } from './fault.ts';
import { toApiChange } from './price-change.ts';
import { toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['priceImports'];
type ApiRow = ApiRequest<'appendPriceImport'>['body']['rows'][number];

/** What was begun and not committed is given up after this long. */
const ABANDONED_MS = 86_400_000;
const IMPORTS_LISTED_MAX = 100;

export function priceImportHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    beginPriceImport: async ({ body }) => {
      await dropAbandoned(deps);
      const record: PriceImportRecord = {
        import_id: deps.ids.uuid(),
        origin: body.origin ?? 'operator',
        note: body.note ?? null,
        created_at: toApiTime(deps.clock.now()),
      };
      const id = record.import_id;
      await deps.catalog.put({ kind: 'price_import', id, parent: '', value: record, quiet: true });
      return { status: 201, body: { ...record } };
    },
    appendPriceImport: async ({ params, body }) => {
      const { import_id } = params;
      const piece = Number(params.piece);
      if (piece >= IMPORT_PIECES_MAX) {
        throw invalidMember('params.piece', `must be less than ${IMPORT_PIECES_MAX}`);
      }
      const { origin } = await importOf(deps, import_id);
      const rows = body.rows.map((row, index) => toCells(fromApi(row, index, origin)));
      await putPiece(deps.catalog, import_id, piece, { rows, removed: [] });
      return { status: 204, body: undefined };
    },
    commitPriceImport: async ({ params, body }, visitor) => {
      const { import_id } = params;
      const { pieces, dry_run = false } = body;
      const record = await importOf(deps, import_id);
      const rows = await rowsOf(deps, import_id, pieces);
      const outcome = await commit(deps, visitor, record, rows, dry_run);
      if (!dry_run) await drop(deps, import_id);
      return { status: 200, body: toApi(import_id, dry_run, outcome, deps) };
    },
    dropPriceImport: async ({ params }) => {
      await importOf(deps, params.import_id);
      await drop(deps, params.import_id);
      return { status: 204, body: undefined };
    },
  };
}

/** Runs a change of the prices and says in the API's words why it cannot be. */
export async function changingPrices<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof ContradictoryImport) throw new Fault('INVALID_CONFIG', error.message);
    if (error instanceof PriceChangeCrowded) throw new Fault('SERVICE_UNAVAILABLE', error.message);
    throw error;
  }
}

async function commit(
  deps: AdminDependencies,
  visitor: Visitor,
  record: PriceImportRecord,
  rows: readonly PriceRow[],
  dryRun: boolean,
): Promise<ImportOutcome> {
  const { import_id, note, origin } = record;
  const heading = {
    reason: 'import',
    note,
    createdBy: 'provisioning_key',
    audit: (made: { readonly price_version: string; readonly counts: unknown }) => ({
      ...auditRecord(
        deps,
        { visitor, org_id: null },
        { kind: 'price_version', id: made.price_version },
        { before: undefined, after: { import_id, origin, note, counts: made.counts } },
      ),
    }),
  } as const;
  const outcome = await changingPrices(() =>
    deps.prices.importRows(rows, {
      rowsId: `import-${import_id}`,
      asOf: toApiTime(deps.clock.now()).slice(0, 10),
      ...(dryRun ? {} : { heading }),
    }),
  );
  if (outcome.version !== null) await changed(deps);
  return outcome;
}

async function importOf(deps: AdminDependencies, id: string): Promise<PriceImportRecord> {
  const item = await deps.catalog.get<PriceImportRecord>('price_import', id);
  if (item === undefined) throw notFound('The price import');
  return item.value;
}

async function rowsOf(
  deps: AdminDependencies,
  importId: string,
  pieces: number,
): Promise<readonly PriceRow[]> {
  const rows: PriceRow[] = [];
  try {
    const reference = { rows_id: importId, pieces, rows: 0 };
    for await (const piece of readPieces(deps.catalog, reference)) rows.push(...piece.rows);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('The store has lost')) {
      throw new Fault('INVALID_CONFIG', 'Not every piece of this import was handed over.');
    }
    throw error;
  }
  return rows;
}

async function drop(deps: AdminDependencies, importId: string): Promise<void> {
  await dropPieces(deps.catalog, importId, IMPORT_PIECES_MAX);
  await deps.catalog.remove('price_import', importId, { quiet: true });
}

async function dropAbandoned(deps: AdminDependencies): Promise<void> {
  const limit = IMPORTS_LISTED_MAX;
  const { items } = await deps.catalog.list<PriceImportRecord>('price_import', { limit });
  for (const { value } of items) {
    const age = deps.clock.now() - Date.parse(value.created_at);
    if (age > ABANDONED_MS) await drop(deps, value.import_id);
  }
}

function fromApi(row: ApiRow, index: number, origin: PriceImportRecord['origin']): PriceRow {
  const where = `body.rows.${index}`;
  if (startOfUtcDate(row.effective_from) === undefined) {
    throw invalidMember(`${where}.effective_from`, 'is not a day that exists');
  }
  if (isTokenClass(row.usage_class) && parseContextBand(row.context_band) === undefined) {
    throw invalidMember(`${where}.context_band`, 'is no band of prompt sizes');
  }
  try {
    unitPrice(row.usd, row.per);
  } catch {
    throw invalidMember(`${where}.per`, 'must be a power of ten');
  }
  const source = origin === 'aws_price_list' ? PRICE_LIST_SOURCE : OPERATOR_SOURCE;
  const { confidence = 'high', sources = [] } = row;
  const others = sources.filter((each) => each !== PRICE_LIST_SOURCE && each !== OPERATOR_SOURCE);
  return { ...row, confidence, sources: [source, ...others] };
}

function toApi(
  import_id: string,
  dry_run: boolean,
  { plan, version }: ImportOutcome,
  deps: AdminDependencies,
): ApiResult<'commitPriceImport'> {
  const { added, changed: different, removed, same, missing } = plan;
  return {
    import_id,
    dry_run,
    price_version: version?.price_version ?? deps.prices.current().version,
    added: added.length,
    changed: different.length,
    removed: removed.length,
    same,
    missing,
    changes: [...different, ...removed, ...added].slice(0, IMPORT_CHANGES_SHOWN).map(toApiChange),
  };
}
