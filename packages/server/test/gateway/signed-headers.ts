/** Headers of a Converse call that is signed with a new access key of a running product. */
import type { RunningProduct } from '@tollkeeper/testkit';
import { sign, type ToSign } from '../credentials/sigv4/signer.ts';
import { converseBody } from './requests.ts';

/** The headers for the call that `call` makes by itself, but for what `over` says. */
export async function signedHeaders(
  product: RunningProduct,
  model: string,
  over: Partial<ToSign> = {},
): Promise<Record<string, string>> {
  const params = { org_id: product.orgId, app_id: product.appId };
  const made = await product.client.createAccessKey({ params, body: {} });
  return sign({
    path: `/model/${encodeURIComponent(model)}/converse`,
    body: converseBody('Hello'),
    host: new URL(product.endpoint).host,
    credentials: { accessKeyId: made.access_key_id, secretAccessKey: made.secret_access_key },
    ...over,
  });
}
