/** An organization with labels and quotas on a running product, and calls of its application. */
import type { RunningProduct } from '@tollkeeper/testkit';
import { call, converseBody, type Answer, type CallOptions } from './requests.ts';

const PICO_DIGITS = 12;

/** An exact decimal of USD as pico-USD. */
export function pico(usd: string): bigint {
  const [whole = '0', part = ''] = usd.split('.');
  const negative = whole.startsWith('-');
  const size = BigInt(whole.replace('-', '') + part.padEnd(PICO_DIGITS, '0'));
  return negative ? -size : size;
}

export interface Tenant {
  readonly orgId: string;
  readonly appId: string;
  readonly key: string;
  readonly keyId: string;
  /** A call with its key. */
  call(path: string, options?: Omit<CallOptions, 'path' | 'key'>): Promise<Answer>;
  /** Submits usage as a client beside the path does; gives the status. */
  submit(
    label: string,
    tokens: { readonly input: number; readonly output: number },
  ): Promise<number>;
  /** State of the quota of a label that counts. */
  quota(label: string): Promise<Quota>;
}

export type Quota = Awaited<ReturnType<RunningProduct['client']['listBudgets']>>['budgets'][number];

export interface TenantOptions {
  readonly ordering?: readonly string[];
  /** Micro-USD a day by label; 1 USD where it says nothing. */
  readonly quotas?: Readonly<Record<string, number>>;
  readonly scope?: 'ORG' | 'APP';
  readonly timezone?: string;
  readonly sticky?: boolean;
  /** Models that its key may call. */
  readonly models?: readonly string[];
}

export const ORDERING = ['premium', 'standard', 'economy'] as const;
const PLENTY = 1_000_000;

/** The label, the model and the reason that an answer tells. */
export function told({ headers }: Pick<Answer, 'headers'>) {
  return ['label', 'model', 'fallback-reason'].map((name) => headers.get(`x-tollkeeper-${name}`));
}

/** A body of Converse with a picture. */
export function pictureBody(): string {
  const source = { bytes: 'iVBORw0KGgo=' };
  const content = [{ text: 'What is this?' }, { image: { format: 'png', source } }];
  return JSON.stringify({
    messages: [{ role: 'user', content }],
    inferenceConfig: { maxTokens: 8 },
  });
}

/** Makes organization, application and key. */
export async function tenantOf(
  product: RunningProduct,
  options: TenantOptions = {},
): Promise<Tenant> {
  const { client } = product;
  const orgId = product.server.ids.uuid();
  const ordering = options.ordering ?? ORDERING;
  const scope = options.scope ?? 'ORG';
  const made = await client.putOrganization({
    params: { org_id: orgId },
    body: {
      org_name: 'Keeper',
      timezone: options.timezone ?? 'America/New_York',
      quota_scope: scope,
      model_ordering: [...ordering],
      quotas: Object.fromEntries(
        ordering.map((label) => [label, options.quotas?.[label] ?? PLENTY]),
      ),
      ...(options.sticky === undefined
        ? {}
        : { overrides: { sticky_fallback_enabled: options.sticky } }),
    },
  });
  const params = { org_id: orgId, app_id: 'app' };
  await client.putApplication({ params, body: { app_name: 'App' } });
  const models = options.models === undefined ? {} : { models: [...options.models] };
  const key = await client.createKey({ params, body: models });
  const scopeOfQuota = scope === 'APP' ? `${orgId}:app` : orgId;
  return {
    orgId,
    appId: 'app',
    key: key.api_key,
    keyId: key.key_id,
    call: (path, more = {}) =>
      call(product, { body: converseBody('Hello', 8), ...more, path, key: key.api_key }),
    submit: submitter(product, orgId, made.credentials),
    quota: async (label) => {
      const { budgets } = await client.listBudgets({ query: { org_id: orgId } });
      const id = `quota:${scopeOfQuota}:${label}`;
      const found = budgets.find(({ budget_id }) => budget_id === id);
      if (found === undefined) throw new Error(`There is no budget ${id}.`);
      return found;
    },
  };
}

/** Models of the development labels, for submissions. */
const MODELS: Readonly<Record<string, string>> = {
  premium: 'amazon.nova-pro-v1:0',
  standard: 'amazon.nova-2-lite-v1:0',
  economy: 'amazon.nova-micro-v1:0',
};

function submitter(
  { endpoint, server }: RunningProduct,
  orgId: string,
  credentials: { readonly client_id: string; readonly client_secret: string } | undefined,
): Tenant['submit'] {
  const post = (path: string, body: object, token?: string): Promise<Response> =>
    fetch(`${endpoint}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
  let token: Promise<string> | undefined;
  const login = async (): Promise<string> => {
    const answer = await post('/auth/token', { ...credentials, grant_type: 'client_credentials' });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  return async (label, { input, output }) => {
    token ??= login();
    const submission = {
      request_id: server.ids.uuid(),
      model_label: label,
      bedrock_model_id: MODELS[label],
      input_tokens: input,
      output_tokens: output,
      status: 'OK',
      timestamp: new Date(server.clock.now()).toISOString(),
    };
    const answer = await post(`/api/v1/orgs/${orgId}/apps/app/usage`, submission, await token);
    await answer.arrayBuffer();
    return answer.status;
  };
}
