/** Settings of when a call that names a label goes on to the next one of its chain. */
import { choice } from './setting-kinds.ts';

export const chains = {
  fallbackOnHolds: choice({
    default: 'after_wait',
    values: ['after_wait', 'immediate'],
    description:
      'What a call that names a label does when only the holds of running calls leave no room on ' +
      'it: `after_wait` waits for room before it goes to the next label, `immediate` goes on at ' +
      'once and waits only when no label of the chain has room. It never waits longer than ' +
      '`admission_wait_ms` in all.',
  }),
  fallbackOnUpstream: choice({
    default: 'off',
    values: ['off', 'unavailable'],
    description:
      '`unavailable`: a call that names a label also goes to the next one when the upstream ' +
      'throttles it (429), is unavailable (503) or cannot be reached, as long as the client has ' +
      'nothing of an answer. Each try that was sent is an entry of its own.',
  }),
} as const;
