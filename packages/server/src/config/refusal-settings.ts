/** Settings of how long and how many refusals are kept. */
import type { WholeSetting } from './setting.ts';

const refusalDays: WholeSetting<number> = {
  kind: 'whole',
  default: 30,
  min: 1,
  max: 3_650,
  description: 'How many days refused calls are kept as rows.',
};

const refusalRowsMax: WholeSetting<number> = {
  kind: 'whole',
  default: 1_000,
  min: 0,
  max: 1_000_000,
  description:
    'Refused calls of one organization, reason and hour that have a row each; one row more ' +
    'counts the rest.',
};

export const refusals = { refusalDays, refusalRowsMax } as const;
