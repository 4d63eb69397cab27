/** Settings of OAuth clients and their tokens. */
import { text, whole } from './setting-kinds.ts';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

export const authentication = {
  tokenIssuer: text({
    default: 'tollkeeper',
    description:
      'What access tokens state as `iss`. Every server of an installation states the same; ' +
      'tokens of another issuer are refused.',
  }),
  accessTokenSeconds: whole<number>({
    default: HOUR_SECONDS,
    min: 60,
    max: DAY_SECONDS,
    description: 'How long an access token lives.',
  }),
  refreshTokenSeconds: whole<number>({
    default: 7 * DAY_SECONDS,
    min: 60,
    max: 90 * DAY_SECONDS,
    description: 'How long a refresh token lives.',
  }),
  secretRetrievalSeconds: whole<number>({
    default: 600,
    min: 1,
    max: DAY_SECONDS,
    description: 'How long a new client secret can be fetched by its token.',
  }),
  secretChecksMax: whole<number>({
    default: 2,
    min: 1,
    max: 64,
    description:
      'Client secrets that are checked at the same time at most: each takes a thread, 16 MiB ' +
      'and some 50 ms.',
  }),
  secretChecksWaitingMax: whole<number>({
    default: 512,
    min: 1,
    max: 100_000,
    description:
      'Client secrets that wait to be checked at most. Addresses take turns, and the one with ' +
      'the most gives way to others.',
  }),
  secretFailuresMax: whole<number>({
    default: 10,
    min: 1,
    max: 1_000_000,
    description: 'Wrong secrets for one client from one address at most, a minute.',
  }),
} as const;
