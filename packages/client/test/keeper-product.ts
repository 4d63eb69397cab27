/** The whole product with an organization that has quotas, and what its clients need. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import type { CostKeeperOptions } from '../src/options.ts';

export interface KeeperProduct {
  readonly product: RunningProduct;
  readonly orgId: string;
  /** Options of a client of the application, with a spool directory of its own. */
  readonly options: CostKeeperOptions;
  /** Submitted entries of the organization, by request id. */
  entries(): Promise<readonly SubmittedEntry[]>;
  close(): Promise<void>;
}

export interface SubmittedEntry {
  readonly request_id: string;
  readonly input_tokens: number;
}

/** `quotas` in micro-USD a day by label, in the order of the chain. */
export async function keeperProduct(
  quotas: Readonly<Record<string, number>>,
): Promise<KeeperProduct> {
  const product = await startProduct({ settings: { rateLimitPreset: 'off' } });
  const spoolDir = mkdtempSync(join(tmpdir(), 'tollkeeper-client-'));
  const orgId = product.server.ids.uuid();
  const params = { org_id: orgId, app_id: 'app' };
  const body = {
    org_name: 'Keeper',
    timezone: 'UTC',
    quota_scope: 'ORG',
    model_ordering: Object.keys(quotas),
    quotas,
  } as const;
  await product.client.putOrganization({ params, body });
  const made = await product.client.putApplication({ params, body: { app_name: 'App' } });
  if (made.credentials === undefined) throw new Error('The application has no client.');
  const { client_id, client_secret } = made.credentials;
  return {
    product,
    orgId,
    options: {
      endpoint: product.endpoint,
      clientId: client_id,
      clientSecret: client_secret,
      orgId,
      appId: 'app',
      spoolDir,
      lingerMs: 20,
    },
    entries: () => submittedEntries(product, orgId),
    close: async () => {
      await product.close();
      rmSync(spoolDir, { recursive: true, force: true });
    },
  };
}

async function submittedEntries(
  { client }: RunningProduct,
  org_id: string,
): Promise<readonly SubmittedEntry[]> {
  const found: SubmittedEntry[] = [];
  for (let query: { cursor?: string } | undefined = {}; query !== undefined;) {
    const { entries, next_cursor }: Awaited<ReturnType<typeof client.listEntries>> =
      await client.listEntries({ query: { org_id, limit: 1000, ...query } });
    for (const { request_id, usage } of entries) {
      found.push({ request_id, input_tokens: usage?.input_tokens ?? 0 });
    }
    query = next_cursor === null ? undefined : { cursor: next_cursor };
  }
  return found;
}
