/**
 * Re-rating: a period priced again under another version of the price book. What differs becomes
 * corrections; no entry is ever rewritten.
 */
import { Type } from 'typebox';
import { Count, nullable, OrgId, PageQuery, pageOf, strict, Time, Usd } from '../fields.ts';
import type { Operation } from '../operation.ts';
import { PRICE_ERRORS, PriceVersion } from './price-fields.ts';

/** Where a re-rating stands. */
export const RERATE_STATUSES = ['running', 'done', 'failed', 'cancelled'] as const;

const sums = {
  entries: Type.Integer({ minimum: 0, description: 'Entries whose cost differs.' }),
  before_usd: Usd,
  after_usd: Usd,
  difference_usd: Usd,
};

const RerateGroup = strict(
  { org_id: Type.String(), model_id: Type.String(), ...sums },
  'RerateGroup',
);

const Rerate = strict(
  {
    rerate_id: Type.String(),
    status: Type.Enum([...RERATE_STATUSES]),
    from: Time,
    to: Time,
    org_id: nullable(Type.String()),
    price_version: Type.String({ description: 'The version that the period is priced under.' }),
    dry_run: Type.Boolean({ description: 'Only show the difference.' }),
    total_entries: Type.Integer({ minimum: 0, description: 'Entries of the period at its start.' }),
    scanned_entries: Count,
    corrected_entries: Type.Integer({ minimum: 0, description: 'Corrections appended so far.' }),
    unknown_entries: Type.Integer({ minimum: 0, description: 'Left: usage is not known.' }),
    unlisted_entries: Type.Integer({
      minimum: 0,
      description: 'Left: no list price applies, as to models of the account.',
    }),
    unpriced_entries: Type.Integer({
      minimum: 0,
      description: 'Left: the version has no price for all of their usage.',
    }),
    ...sums,
    groups: Type.Array(RerateGroup, {
      description: 'By organization and model, differences only.',
    }),
    error: nullable(Type.String()),
    created_at: Time,
    ended_at: nullable(Time),
  },
  'Rerate',
);

const params = strict({ rerate_id: Type.String({ pattern: '^[0-9a-f-]{36}$' }) });

export const rerates = {
  startRerate: {
    method: 'POST',
    path: '/api/v1/rerates',
    summary: 'Price a period again; what differs is appended as corrections unless `dry_run`',
    access: 'provisioning',
    params: null,
    query: null,
    body: strict(
      {
        from: Time,
        to: Time,
        price_version: Type.Optional(PriceVersion),
        org_id: Type.Optional(OrgId),
        dry_run: Type.Optional(Type.Boolean()),
      },
      'RerateInput',
    ),
    result: Rerate,
    success: [202],
    errors: [...PRICE_ERRORS, 'ALREADY_EXISTS'],
    command: null,
  },
  getRerate: {
    method: 'GET',
    path: '/api/v1/rerates/{rerate_id}',
    summary: 'Read how far a re-rating has come, and what it found',
    access: 'provisioning',
    params,
    query: null,
    body: null,
    result: Rerate,
    success: [200],
    errors: PRICE_ERRORS,
    command: { noun: 'rerates', verb: 'get' },
  },
  listRerates: {
    method: 'GET',
    path: '/api/v1/rerates',
    summary: 'List re-ratings, the oldest first',
    access: 'provisioning',
    params: null,
    query: strict(PageQuery),
    body: null,
    result: pageOf('rerates', Rerate),
    success: [200],
    errors: PRICE_ERRORS,
    command: { noun: 'rerates', verb: 'list' },
  },
  cancelRerate: {
    method: 'DELETE',
    path: '/api/v1/rerates/{rerate_id}',
    summary: 'Stop a re-rating where it is; what was appended stays',
    access: 'provisioning',
    params,
    query: null,
    body: null,
    result: null,
    success: [204],
    errors: PRICE_ERRORS,
    command: { noun: 'rerates', verb: 'cancel' },
  },
} as const satisfies Record<string, Operation>;
