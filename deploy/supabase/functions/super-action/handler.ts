/**
 * The action endpoint as an edge function: who asks is asked of Supabase, what is done is decided
 * by the rules, and whose something is is what its tag `userId` says. Nothing is stored here.
 */
// @ts-types="./rules.d.ts"
import {
  controlCall,
  parseAction,
  parseUsd,
  performAction,
  refusalBody,
  tagsIn,
  type ControlCall,
  type ProvisioningWorld,
  type Registry,
} from './rules.js';
import { callAws, hex, hmac, type AwsIdentity } from './aws.ts';
import { signedIn } from './identity.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const BODY_CHARACTERS_MAX = 1_048_576;
const CONFIRMATION_MS = 600_000;

/** Serves by an environment. Throws at once when something that it needs is not there. */
export function handlerOf(env: Environment): (request: Request) => Promise<Response> {
  const identity = identityOf(env);
  const project = {
    url: needed(env, 'SUPABASE_URL').replace(/\/+$/, ''),
    serviceRoleKey: needed(env, 'SUPABASE_SERVICE_ROLE_KEY'),
  };
  const world = worldOf(env, identity, project.serviceRoleKey);
  const cors = {
    'access-control-allow-origin': env['CORS_ORIGIN'] ?? '*',
    'access-control-allow-headers': 'authorization, x-client-info, apikey, content-type',
    'access-control-allow-methods': 'POST, OPTIONS',
  };
  const answer = (status: number, body: unknown): Response =>
    Response.json(body, { status, headers: { ...cors, 'cache-control': 'no-store' } });
  const fail = (status: number, code: string, error: string): Response =>
    answer(status, { error, code });
  return async (request) => {
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: cors });
    if (request.method !== 'POST') return fail(405, 'ValidationException', 'Send a POST.');
    const who = await signedIn(project, request.headers.get('authorization'));
    if (who.kind === 'unavailable') {
      return fail(503, 'ServiceUnavailableException', 'Supabase cannot be asked who you are.');
    }
    if (who.kind === 'refused') {
      const why = `Sign in: ${who.reason}, so there is no userId to tag anything with`;
      return fail(401, 'UnauthorizedException', `${why}, and nothing was done.`);
    }
    const asked = parseAction(await bodyOf(request));
    if (asked.kind === 'refused') return answer(asked.status, refusalBody(asked));
    const done = await performAction(world, who.actor, asked);
    if (done.kind === 'done') return answer(200, done.value);
    return answer(done.status, refusalBody(done));
  };
}

async function bodyOf(request: Request): Promise<unknown> {
  try {
    if (Number(request.headers.get('content-length') ?? 0) > BODY_CHARACTERS_MAX) return undefined;
    const body = await request.text();
    return body.length > BODY_CHARACTERS_MAX ? undefined : (JSON.parse(body) as unknown);
  } catch {
    return undefined;
  }
}

function worldOf(env: Environment, identity: AwsIdentity, secret: string): ProvisioningWorld {
  const call = (asked: ControlCall) => callAws(identity, asked);
  const prices = pricesIn(env['UNIT_HOUR_PRICES']);
  return {
    rules: {
      region: identity.region,
      namePrefix: env['NAME_PREFIX'] ?? 'tollkeeper',
      createdBy: env['TAG_CREATED_BY'] ?? 'Tollkeeper',
      source: env['TAG_SOURCE'] ?? 'tollkeeper-super-action',
      confirmCommitments: env['CONFIRM_COMMITMENTS'] !== 'false',
      confirmationMs: CONFIRMATION_MS,
    },
    call,
    registry: registryByTags(call),
    // The account is the project's: whoever may buy may buy for every model in it.
    isGranted: () => Promise.resolve(true),
    unitHourPrice: (modelId, commitment) =>
      Promise.resolve(prices.get(`${modelId} ${commitment ?? 'none'}`) ?? null),
    newToken: () => crypto.randomUUID(),
    now: () => Date.now(),
    sum: async (text) => hex(await hmac(new TextEncoder().encode(secret), `confirm\n${text}`)),
  };
}

/** What is remembered is what AWS has as tags; that something is made once is up to AWS. */
function registryByTags(call: ProvisioningWorld['call']): Registry {
  return {
    async ownerOf(resourceARN) {
      const answer = await call(controlCall('ListTagsForResource', { body: { resourceARN } }));
      if (answer.kind !== 'answer' || answer.status !== 200) return undefined;
      const { userId = null } = tagsIn(Object(answer.body) as Record<string, unknown>);
      return { orgId: '', issuerId: '', userId };
    },
    arnWithId: () => Promise.resolve(undefined),
    known: () => Promise.resolve(undefined),
    begin: ({ request }) => Promise.resolve({ kind: 'begun', request }),
    made: () => Promise.resolve(),
    refused: () => Promise.resolve(),
    deleted: () => Promise.resolve(),
    tagged: () => Promise.resolve(),
  };
}

/** `{"<model id>": {"none" | "OneMonth" | "SixMonths": "<USD>"}}` as prices by model and term. */
function pricesIn(json: string | undefined): ReadonlyMap<string, bigint> {
  const prices = new Map<string, bigint>();
  if (json === undefined || json === '') return prices;
  const stated = JSON.parse(json) as Readonly<Record<string, Readonly<Record<string, string>>>>;
  for (const [model, terms] of Object.entries(stated)) {
    for (const [term, usd] of Object.entries(terms)) {
      const price = parseUsd(usd);
      if (price === undefined || price < 0n) {
        throw new Error(`UNIT_HOUR_PRICES: ${usd} is no price in USD`);
      }
      prices.set(`${model} ${term}`, price);
    }
  }
  return prices;
}

function identityOf(env: Environment): AwsIdentity {
  const region = needed(env, 'AWS_REGION');
  const endpoint = env['AWS_ENDPOINT_URL_BEDROCK'] ?? `https://bedrock.${region}.amazonaws.com`;
  return {
    region,
    accessKeyId: needed(env, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: needed(env, 'AWS_SECRET_ACCESS_KEY'),
    sessionToken: env['AWS_SESSION_TOKEN'] ?? null,
    endpoint: endpoint.replace(/\/+$/, ''),
  };
}

function needed(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set.`);
  return value;
}
