/**
 * What submissions need, without HTTP: real stores, the shipped price book, the development labels,
 * one organization in New York, and a clock that only tests move.
 */
import { readFileSync } from 'node:fs';
import { catalogueFrom, priceBook, type PriceBook } from '@tollkeeper/core';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import type { ApplicationRecord, OrganizationRecord } from '../../src/catalog/records.ts';
import { applicationDocument } from '../../src/catalog/records.ts';
import { keeperOf, type KeeperSettings } from '../../src/keeper/keeper.ts';
import { DEVELOPMENT_LABELS } from '../../src/config/model-labels.ts';
import { ProfileModels } from '../../src/keeper/profile-models.ts';
import type { SubmissionParts, Submitter } from '../../src/keeper/submission.ts';
import { SubmissionScopes } from '../../src/keeper/submission-scope.ts';
import type { Stores } from '../../src/ports/stores.ts';
import type { ModelResource } from '../../src/ports/model-resources.ts';
import { PriceHome } from '../../src/prices/price-home.ts';
import { START, testClock } from '../admin/control-plane.ts';

export const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
export const APP = 'web';
/** The client of the organization. */
export const WHO: Submitter = {
  org_id: ORG,
  app_id: null,
  scopes: ['write:costs'],
  revision: Number.MAX_SAFE_INTEGER,
};
export const PATH = { org_id: ORG, app_id: APP };

/** Prices of the Nova models as they are shipped: from outside of what is tested here. */
function shippedBook(): PriceBook {
  const read = (name: string): unknown =>
    JSON.parse(
      readFileSync(new URL(`../data/${name}`, import.meta.resolve('@tollkeeper/core')), 'utf8'),
    );
  const { book } = catalogueFrom(read('prices.json'), read('models.json'));
  const rows = book.rows().filter(({ model_id }) => model_id.startsWith('amazon.nova-'));
  return priceBook(rows, book.version);
}
const SHIPPED = shippedBook();

export interface RigOptions {
  readonly stores?: Stores;
  readonly settings?: Partial<KeeperSettings>;
  readonly organization?: Partial<OrganizationRecord>;
  readonly application?: Partial<ApplicationRecord> | null;
  readonly book?: PriceBook;
  /** What the control plane says of inference profiles, by ARN. */
  readonly profiles?: Readonly<Record<string, ModelResource>>;
}

export type Rig = Awaited<ReturnType<typeof submissionRig>>;

export async function submissionRig(options: RigOptions = {}) {
  const stores = options.stores ?? memoryStore();
  const clock = testClock();
  const ids = systemIds(clock);
  const log = (): void => undefined;
  const settings: KeeperSettings = {
    modelLabels: DEVELOPMENT_LABELS,
    meteringDefaults: {},
    organizationDefaults: {},
    region: 'us-east-1',
    ...options.settings,
  };
  const { catalog, ledger } = stores;
  const shipped = options.book ?? SHIPPED;
  const prices = await PriceHome.open({ catalog, clock, log, shipped });
  const keeper = keeperOf({ catalog, ledger, clock, settings });
  const asked: string[] = [];
  const resources = (region: string) => ({
    look: (_kind: string, arn: string): Promise<ModelResource> => {
      asked.push(`${region} ${arn}`);
      return Promise.resolve(options.profiles?.[arn] ?? { kind: 'not_found' });
    },
  });
  const parts: SubmissionParts = {
    ...{ instanceId: 'test', ledger, clock, prices, quotas: keeper.quotas },
    scopes: new SubmissionScopes({ catalog, configs: keeper.configs, labels: keeper.labels }),
    profiles: new ProfileModels({ resources, clock, log }),
    region: 'us-east-1',
  };
  const { configs, sticky, labels } = keeper;
  const aggregates = { ledger, clock, configs, sticky, labels };
  const rig = { stores, catalog, ledger, clock, ids, keeper, parts, aggregates, prices, asked };
  await putParties(rig, options);
  return rig;
}

/** Writes the organization and its application, and makes the budgets of their quotas. */
export async function putParties(
  { catalog, keeper }: Pick<Rig, 'catalog' | 'keeper'>,
  options: Pick<RigOptions, 'organization' | 'application'>,
): Promise<void> {
  const now = new Date(START).toISOString();
  const shared = { rate_limits: {}, overrides: null, created_at: now, updated_at: now };
  const organization: OrganizationRecord = {
    ...shared,
    ...{ org_id: ORG, org_name: 'Acme', timezone: 'America/New_York', key_policy: {} },
    quota_scope: 'ORG',
    model_ordering: ['premium', 'standard', 'economy'],
    quotas: { premium: 10_000_000, standard: 5_000_000, economy: 2_000_000 },
    ...options.organization,
  };
  await catalog.put({ kind: 'organization', id: ORG, parent: '', value: organization });
  if (options.application !== null) {
    const application: ApplicationRecord = {
      ...shared,
      ...{ org_id: ORG, app_id: APP, app_name: 'Web', model_ordering: null, quotas: null },
      ...options.application,
    };
    const id = applicationDocument(ORG, APP);
    await catalog.put({ kind: 'application', id, parent: ORG, value: application });
  }
  await keeper.quotas.reconcile(ORG);
}

/** A submission of a moment ago; `change` overrides members, undefined removes them. */
export function aSubmission(
  rig: Pick<Rig, 'ids' | 'clock'>,
  change: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> & { readonly request_id: string } {
  return {
    request_id: rig.ids.uuid(),
    model_label: 'premium',
    bedrock_model_id: 'amazon.nova-pro-v1:0',
    input_tokens: 1500,
    output_tokens: 800,
    status: 'OK',
    timestamp: new Date(rig.clock.now() - 1_000).toISOString(),
    ...change,
  };
}
