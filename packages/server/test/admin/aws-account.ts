/**
 * A management API in front of a simulated AWS account: calls go over the wire, signed, and are
 * counted; people sign in by an issuer that both sides know the secret of.
 */
import { DEFAULT_CREDENTIALS, startSimulator, type RunSettings } from '@tollkeeper/simulator';
import {
  CONTROL_ACTIONS,
  type ControlAction,
  type ControlCall,
  type PicoUsd,
} from '@tollkeeper/core';
import { SignJWT } from 'jose';
import { sigV4Authorizer } from '../../src/adapters/bedrock/authorizer.ts';
import { bedrockProvisionedControl } from '../../src/adapters/bedrock/provisioned-control.ts';
import { ControlTurns } from '../../src/admin/control-turns.ts';
import type { ProvisionedDesk } from '../../src/admin/provisioned-world.ts';
import { trustedIssuerFrom } from '../../src/config/issuer-settings.ts';
import { PEOPLE_SECRET, startControlPlane } from './control-plane.ts';
import { RULES } from './provisioned-desk.ts';

export const SONNET = 'anthropic.claude-3-sonnet-20240229-v1:0';
const ISSUER = 'https://project.supabase.co/auth/v1';

export interface AccountOptions {
  readonly rules?: Partial<ProvisionedDesk['rules']>;
  readonly simulator?: Partial<RunSettings>;
  readonly unitHour?: PicoUsd;
  /** Stands between us and AWS. */
  readonly between?: (
    control: ProvisionedDesk['control'],
    sent: ControlCall,
  ) => ReturnType<ProvisionedDesk['control']['call']>;
}

/** A Supabase project whose users are in groups. */
function projectIssuer() {
  return trustedIssuerFrom({
    ...{ id: 'supabase', issuer: ISSUER, kind: 'hs256', hs256_secret_env: 'SECRET' },
    client_ids: ['authenticated'],
    claims: { tenant: 'tenant', groups: 'groups' },
    roles: {
      platform_administrator: { groups: ['operators'] },
      finance: { groups: ['finance'] },
      tenant_administrator: { groups: ['heads'] },
    },
    default_role: 'developer',
    permissions: { provisioned_throughput: { groups: ['buyers'] } },
  });
}

export type AwsAccount = Awaited<ReturnType<typeof openAccount>>;

export async function openAccount(options: AccountOptions = {}) {
  const simulator = await startSimulator({ settings: { provision_ms: 0, ...options.simulator } });
  const authorizer = sigV4Authorizer({
    origin: simulator.url,
    region: 'us-east-1',
    credentials: DEFAULT_CREDENTIALS,
  });
  const control = bedrockProvisionedControl({
    ...{ origin: simulator.url, authorizer, timeoutMs: 10_000 },
  });
  const sent: ControlCall[] = [];
  const plane = await startControlPlane({
    provisioned: {
      ...{ rules: { ...RULES, ...options.rules }, turns: new ControlTurns() },
      control: {
        call: (call) => {
          sent.push(call);
          return options.between?.(control, call) ?? control.call(call);
        },
      },
      unitHourPrice: () => Promise.resolve(options.unitHour ?? null),
    },
  });
  plane.people.trust(projectIssuer());
  const orgs = { one: plane.ids.uuid(), two: plane.ids.uuid() };
  for (const [tenant_id, org_id] of Object.entries(orgs)) {
    await plane.client.putOrganization({ params: { org_id }, body: { tenant_id } });
  }
  const tokenOf = (
    sub: string,
    groups: readonly string[],
    claims: object = {},
  ): Promise<string> => {
    const seconds = Math.floor(plane.clock.now() / 1_000);
    const stated = { sub, groups, tenant: 'one', iss: ISSUER, aud: 'authenticated', ...claims };
    return new SignJWT({ iat: seconds, exp: seconds + 86_400, ...stated })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(PEOPLE_SECRET));
  };
  const act = async (token: string | null, action: string, data?: object) => {
    const response = await fetch(`${plane.endpoint}/functions/v1/super-action`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ action, data }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return {
    ...{ plane, simulator, orgs, act, tokenOf },
    /** Who may buy, of the organization `one` unless it says otherwise. */
    buyer: (sub: string, claims: object = {}) => tokenOf(sub, ['buyers'], claims),
    /** Calls that went to AWS, of one action or of all. */
    sent: (action?: ControlAction) =>
      sent.filter((call) => action === undefined || call.action === action),
    /** Calls that went to AWS and can change something there. */
    changes: () => sent.filter(({ action }) => /^(Create|Delete|Tag|Untag)/.test(action)),
    tagsOf: async (token: string, resourceARN: unknown): Promise<Record<string, string>> => {
      const { body } = await act(token, 'ListTagsForResource', { resourceARN });
      const tags = body['tags'] as { key: string; value: string }[];
      return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
    },
    async close(): Promise<void> {
      await plane.close();
      await simulator.close();
    },
  };
}

/** Every action of the control plane that the product can call. */
export const ALL_ACTIONS = Object.keys(CONTROL_ACTIONS) as readonly ControlAction[];

/** So many tags. */
export function tags(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`tag-${i}`, `${i}`]));
}
