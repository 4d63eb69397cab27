/** Imports: bounded pieces of complete rows. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import {
  IMPORT_PIECES_MAX,
  IMPORT_ROWS_MAX,
  priceImports,
} from '../../src/resources/price-imports.ts';

const ROW = {
  model_id: 'a.b',
  region: 'us-east-1',
  scope: 'geo',
  tier: 'standard',
  usage_class: 'input',
  context_band: 'le_200k',
  effective_from: '2026-01-01',
  usd: '0.25',
  per: 1_000_000,
};

it('takes so many rows in a piece and no more', () => {
  const body = Compile(priceImports.appendPriceImport.body);
  const rows = (count: number) => ({ rows: Array.from({ length: count }, () => ROW) });
  expect(body.Check(rows(IMPORT_ROWS_MAX))).toBe(true);
  expect(body.Check(rows(IMPORT_ROWS_MAX + 1))).toBe(false);
  expect(body.Check(rows(0))).toBe(false);
  expect(body.Check({ rows: [{ ...ROW, usd: undefined }] })).toBe(false);
});

it('commits at least one piece, at most what can be handed over', () => {
  const body = Compile(priceImports.commitPriceImport.body);
  expect(body.Check({ pieces: IMPORT_PIECES_MAX, dry_run: true })).toBe(true);
  expect(body.Check({ pieces: IMPORT_PIECES_MAX + 1 })).toBe(false);
  expect(body.Check({ pieces: 0 })).toBe(false);
});
