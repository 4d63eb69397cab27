/** Settings of how much may come in at once. */
import { HOUR_MS, whole } from './setting-kinds.ts';

export const limits = {
  connectionsMax: whole<number>({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: 'Client connections at most.',
  }),
  streamsMax: whole<number>({
    default: 2_000,
    min: 1,
    max: 1_000_000,
    description: 'Calls that run at the same time at most.',
  }),
  bodyBytesMax: whole<number>({
    default: 25_000_000,
    min: 1_024,
    max: 1_000_000_000,
    description: 'Size of one request body at most.',
  }),
  bufferedBytesMax: whole<number>({
    default: 268_435_456,
    min: 1_048_576,
    max: 1_000_000_000_000,
    description: 'Request and answer bytes held in memory at most, over all connections.',
  }),
  replyBufferBytesMax: whole<number>({
    default: 1_048_576,
    min: 0,
    max: 1_000_000_000,
    description:
      'An answer up to this size is kept back until its cost is known, so that the cost can ' +
      'be a header. A larger one goes out without.',
  }),
  headerBytesMax: whole<number>({
    default: 65_536,
    min: 1_024,
    max: 1_048_576,
    description: 'Size of the headers of one request at most.',
  }),
  headersTimeoutMs: whole<number>({
    default: 20_000,
    min: 100,
    max: HOUR_MS,
    description: 'How long a client may take to send the headers of a request.',
  }),
  bodyTimeoutMs: whole<number>({
    default: 120_000,
    min: 100,
    max: HOUR_MS,
    description: 'How long a client may take to send the body of a request.',
  }),
} as const;
