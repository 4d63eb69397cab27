/** Imports of price rows: handed over in pieces, then committed as one version. */
import { Type } from 'typebox';
import { Count, nullable, strict, Time } from '../fields.ts';
import type { Operation } from '../operation.ts';
import { Day, Decimal, Note, Per, PRICE_ERRORS, PriceChange, priceKey } from './price-fields.ts';

/** Rows of an import in one request. */
export const IMPORT_ROWS_MAX = 1000;

/** Requests of rows in one import: 500,000 rows. */
export const IMPORT_PIECES_MAX = 500;

/** Changes that the answer of an import names; the counts are of all. */
export const IMPORT_CHANGES_SHOWN = 500;

const ImportRow = strict(
  {
    ...priceKey,
    effective_from: Day,
    usd: Decimal,
    per: Per,
    confidence: Type.Optional(Type.Enum(['high', 'medium', 'low'])),
    sources: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 20 }),
    ),
  },
  'PriceImportRow',
);

const Import = strict(
  {
    import_id: Type.String(),
    origin: Type.Enum(['aws_price_list', 'operator']),
    note: nullable(Type.String()),
    created_at: Time,
  },
  'PriceImport',
);

const ImportResult = strict(
  {
    import_id: Type.String(),
    dry_run: Type.Boolean(),
    price_version: Type.String({ description: 'The version that counts after this.' }),
    added: Count,
    changed: Count,
    removed: Count,
    same: Count,
    missing: Type.Integer({
      minimum: 0,
      description: 'Prices of the imported models and regions that the import says nothing of.',
    }),
    changes: Type.Array(PriceChange),
  },
  'PriceImportResult',
);

const ImportId = Type.String({ pattern: '^[0-9a-f-]{36}$' });

const importParams = strict({ import_id: ImportId });

export const priceImports = {
  beginPriceImport: {
    method: 'POST',
    path: '/api/v1/prices/imports',
    summary: 'Begin an import of price rows; nothing counts before it is committed',
    access: 'provisioning',
    params: null,
    query: null,
    body: strict(
      {
        origin: Type.Optional(Type.Enum(['aws_price_list', 'operator'])),
        note: Type.Optional(Note),
      },
      'PriceImportInput',
    ),
    result: Import,
    success: [201],
    errors: PRICE_ERRORS,
    command: null,
  },
  appendPriceImport: {
    method: 'PUT',
    path: '/api/v1/prices/imports/{import_id}/pieces/{piece}',
    summary: 'Hand over one piece of the rows of an import, counted from 0; repeating it is safe',
    access: 'provisioning',
    params: strict({
      import_id: ImportId,
      piece: Type.String({ pattern: '^[0-9]{1,3}$', description: 'From 0.' }),
    }),
    query: null,
    body: strict(
      { rows: Type.Array(ImportRow, { minItems: 1, maxItems: IMPORT_ROWS_MAX }) },
      'PriceImportPiece',
    ),
    result: null,
    success: [204],
    errors: PRICE_ERRORS,
    command: null,
  },
  commitPriceImport: {
    method: 'POST',
    path: '/api/v1/prices/imports/{import_id}/commit',
    summary: 'Make the rows of an import count as one new version, or only say what would change',
    access: 'provisioning',
    params: importParams,
    query: null,
    body: strict(
      {
        pieces: Type.Integer({ minimum: 1, maximum: IMPORT_PIECES_MAX }),
        dry_run: Type.Optional(Type.Boolean()),
      },
      'PriceImportCommit',
    ),
    result: ImportResult,
    success: [200],
    errors: [...PRICE_ERRORS, 'INVALID_CONFIG'],
    command: null,
  },
  dropPriceImport: {
    method: 'DELETE',
    path: '/api/v1/prices/imports/{import_id}',
    summary: 'Give up an import that is not committed',
    access: 'provisioning',
    params: importParams,
    query: null,
    body: null,
    result: null,
    success: [204],
    errors: PRICE_ERRORS,
    command: null,
  },
} as const satisfies Record<string, Operation>;
