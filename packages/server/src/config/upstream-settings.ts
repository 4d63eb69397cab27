/** Settings of where calls go and how they are authenticated there. */
import { choice, DAY_MS, HOUR_MS, secret, text, url, whole } from './setting-kinds.ts';

export const upstream = {
  region: text({
    default: 'us-east-1',
    pattern: /^[a-z]{2}(-[a-z]+)+-\d+$/,
    expects: 'an AWS region such as us-east-1',
    description: 'AWS region whose Bedrock is called and whose prices apply.',
  }),
  upstreamUrl: url({
    default: null,
    description: 'Where calls are sent. Unset: `https://bedrock-runtime.<region>.amazonaws.com`.',
  }),
  controlUrl: url({
    default: null,
    description:
      'Where account-owned models are looked up: inference profiles, prompt routers, provisioned ' +
      'models. Unset: `https://bedrock.<region>.amazonaws.com`; in the demo, `upstream_url`.',
  }),
  controlTimeoutMs: whole<number>({
    default: 3_000,
    min: 10,
    max: 60_000,
    description: 'How long one look-up of an account-owned model may take.',
  }),
  controlCacheMs: whole<number>({
    default: HOUR_MS,
    min: 0,
    max: 30 * DAY_MS,
    description:
      'How long the answer of a look-up counts. Later it is asked for again, and still counts if ' +
      'nobody answers.',
  }),
  upstreamAuth: choice({
    default: 'aws',
    values: ['aws', 'bearer'],
    description:
      'How calls are authenticated upstream: `aws` signs them with the default AWS credential ' +
      'chain, `bearer` sends a Bedrock API key.',
  }),
  upstreamBearerToken: secret({
    default: null,
    pattern: /^[\x21-\x7e]+$/,
    expects: 'printable characters without spaces',
    alias: 'AWS_BEARER_TOKEN_BEDROCK',
    description: 'The Bedrock API key for `upstream_auth` = `bearer`.',
  }),
  upstreamConnectTimeoutMs: whole<number>({
    default: 10_000,
    min: 10,
    max: HOUR_MS,
    description: 'How long a connection upstream may take. Nothing was sent then.',
  }),
  upstreamHeadersTimeoutMs: whole<number>({
    default: HOUR_MS,
    min: 1_000,
    max: DAY_MS,
    description: 'How long the upstream may take to begin its answer.',
  }),
  upstreamIdleTimeoutMs: whole<number>({
    default: HOUR_MS,
    min: 1_000,
    max: DAY_MS,
    description: 'How long an answer that has begun may be silent.',
  }),
  upstreamConnectionsMax: whole<number>({
    default: 1_024,
    min: 1,
    max: 65_536,
    description: 'Connections kept open upstream at most.',
  }),
} as const;
