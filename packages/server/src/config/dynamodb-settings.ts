/** Settings of where ledger and catalogue are kept, and of a store that processes share. */
import { choice, DAY_MS, path, url, whole } from './setting-kinds.ts';

const SECOND_MS = 1_000;

export const sharedStore = {
  store: choice({
    default: 'sqlite',
    values: ['sqlite', 'dynamodb'],
    description:
      'Where ledger and catalogue are kept: `sqlite`, a file in the data directory for the ' +
      'processes of one machine, or `dynamodb`, one table for any number of machines, made by ' +
      '`tollkeeper store init`.',
  }),
  tablePrefix: path({
    default: null,
    pattern: /^[A-Za-z0-9_.-]{1,200}$/,
    expects: 'letters, digits, dots, hyphens and underscores',
    description:
      'What comes before `tollkeeper` in the name of the DynamoDB table. Unset: nothing.',
  }),
  dynamodbEndpoint: url({
    default: null,
    description:
      'Where DynamoDB is reached, such as a local engine. Unset: the service in the region of ' +
      'the AWS settings.',
  }),
  leaseMs: whole<number>({
    default: 10 * SECOND_MS,
    min: 300,
    max: DAY_MS,
    description:
      'How long a process that shares a store may be silent before the others take it for dead ' +
      'and settle its calls at their ceilings. It speaks three times as often. A process that ' +
      'wakes up later sends what it had intended by then, and nothing more before it has ' +
      'registered again.',
  }),
  freshnessMs: whole<number>({
    default: 5 * SECOND_MS,
    min: 0,
    max: DAY_MS,
    description:
      'How old what a process knows of the catalogue may be when another machine changes it: ' +
      'revocations, configuration, grants. 0 asks the store with every group of calls. With ' +
      '`sqlite` it is always 0.',
  }),
  laneCount: whole<number>({
    default: 4,
    min: 1,
    max: 64,
    description:
      'How many transactions of one process DynamoDB may carry out at the same time, of those ' +
      'that hold or settle.',
  }),
} as const;
