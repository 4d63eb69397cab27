/** Settings of how long entries stay in the ledger. */
import { whole } from './setting-kinds.ts';

const entryDays = whole<number>({
  default: 90,
  // The longest window with an end is a month: a new budget has to find all of it.
  min: 35,
  max: 36_500,
  description:
    'How many days entries stay in the ledger. Older ones are removed once `tollkeeper export` ' +
    'has copied them, and never before. A submission is known again for as long.',
});

export const retention = { entryDays } as const;
