/** Settings of several processes that work together, on one machine or on many. */
import { whole } from './setting-kinds.ts';

export const sharing = {
  workers: whole<number>({
    default: 1,
    min: 1,
    max: 256,
    description:
      'Processes that serve the port together. One more watches over them and starts anew what ' +
      'ends. Bounds of connections, streams and memory are those of each.',
  }),
  leaseBlockCalls: whole<number>({
    default: 1_000,
    min: 0,
    max: 1_000_000,
    description:
      'Of a busy budget a process leases room for at most so many calls at once, where several ' +
      'share the store. 0: nothing is leased, and every call asks its budgets in the store: ' +
      'right where processes may be frozen at any time.',
  }),
} as const;
