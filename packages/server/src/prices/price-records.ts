/**
 * What the catalogue keeps of prices. A version is one document that says what it changed; its rows
 * lie in pieces of bounded size beside it. Nothing of a version ever changes, so that every version
 * can be built again.
 */
import type { PriceLayer, PriceRow } from '@tollkeeper/core';

/** Why there is a version. */
export const VERSION_REASONS = ['shipped', 'import', 'refresh', 'layer'] as const;
export type VersionReason = (typeof VERSION_REASONS)[number];

/** How many things a version changed. */
export interface VersionCounts {
  /** Keys that had no price on that date. */
  readonly added: number;
  /** Keys that had another. */
  readonly changed: number;
  readonly removed: number;
  /** Layers put or taken away. */
  readonly layers: number;
}

/** Where the rows of a version lie: `pieces` documents under `rows_id`. */
export interface RowsReference {
  readonly rows_id: string;
  readonly pieces: number;
  readonly rows: number;
}

/** One version of the price book, as what it changed of the one before. */
export interface PriceVersionRecord {
  /** Such as `2026-11-22.3`. */
  readonly price_version: string;
  /** 1 for the first; gap-free. */
  readonly number: number;
  readonly reason: VersionReason;
  readonly note: string | null;
  /** RFC 3339, UTC. */
  readonly created_at: string;
  /** Who made it: `provisioning_key`, `job` or `product`. */
  readonly created_by: string;
  readonly counts: VersionCounts;
  /** The shipped list, when the product came with another than before. */
  readonly base: RowsReference | null;
  /** Rows that stand above the shipped list, and keys that do not count any more. */
  readonly rows: RowsReference | null;
  readonly layers: LayerChange | null;
}

/** Layers that a version puts or takes away. */
export interface LayerChange {
  readonly put: readonly PriceLayer[];
  readonly removed: readonly string[];
}

/** A row without names, in the order of `toCells`. */
export type PriceCells = readonly [
  modelId: string,
  region: string,
  scope: PriceRow['scope'],
  tier: string,
  usageClass: string,
  contextBand: string,
  effectiveFrom: string,
  usd: string,
  per: number,
  confidence: PriceRow['confidence'],
  sources: readonly string[],
];

/** One piece of rows. */
export interface RowsPiece {
  readonly rows: readonly PriceCells[];
  /** Full keys that do not count any more: see `rowKey`. */
  readonly removed: readonly string[];
}

/** Where the rows of an import come from. */
export const IMPORT_ORIGINS = ['aws_price_list', 'operator'] as const;
export type ImportOrigin = (typeof IMPORT_ORIGINS)[number];

/** An import that is being handed over. Its rows are pieces under its id. */
export interface PriceImportRecord {
  readonly import_id: string;
  readonly origin: ImportOrigin;
  readonly note: string | null;
  readonly created_at: string;
}

/** A row without names. */
export function toCells(row: PriceRow): PriceCells {
  return [
    row.model_id,
    row.region,
    row.scope,
    row.tier,
    row.usage_class,
    row.context_band,
    row.effective_from,
    row.usd,
    row.per,
    row.confidence,
    row.sources,
  ];
}

/** The row that cells stand for. */
export function fromCells(cells: PriceCells): PriceRow {
  const [model_id, region, scope, tier, usage_class, context_band, effective_from, ...rest] = cells;
  const [usd, per, confidence, sources] = rest;
  return {
    model_id,
    region,
    scope,
    tier,
    usage_class,
    context_band,
    effective_from,
    usd,
    per,
    confidence,
    sources,
  };
}

/** The key of a price without its date. */
export function priceKey(row: Omit<PriceRow, 'usd' | 'per' | 'confidence' | 'sources'>): string {
  const { model_id, region, scope, tier, usage_class, context_band } = row;
  return `${model_id}|${region}|${scope}|${tier}|${usage_class}|${context_band}`;
}

/** The full key of a row. */
export function rowKey(row: PriceRow): string {
  return `${priceKey(row)}|${row.effective_from}`;
}

/** Id of the document of a version. */
export function versionDocument(number: number): string {
  return String(number).padStart(10, '0');
}

/** Id of one piece of rows. */
export function pieceDocument(rowsId: string, piece: number): string {
  return `${rowsId}/${String(piece).padStart(6, '0')}`;
}
