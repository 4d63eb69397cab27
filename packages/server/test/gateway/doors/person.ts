/** Tokens of people for tests of the doors: the demo's own issuer hands them out. */
import type { RunningProduct } from '@tollkeeper/testkit';

/** The name of the product's organization in tokens. */
export const TENANT = 'tenant-1';

/** Lets the demo's first tenant be the product's organization; a person of it, signed in. */
export async function signIn(product: RunningProduct): Promise<string> {
  await product.client.putOrganization({
    params: { org_id: product.orgId },
    body: { org_name: 'Test', tenant_id: TENANT },
  });
  return tokenOf(product, TENANT);
}

/** An IdToken of one of the demo's people. */
export async function tokenOf(product: RunningProduct, tenant: string): Promise<string> {
  const answer = await fetch(`${String(product.server.demoIssuer)}/demo-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenant }),
  });
  const { id_token } = (await answer.json()) as { readonly id_token: string };
  return id_token;
}
