/** What tests of the management API are given for making things in an AWS account. */
import type { ControlAnswer } from '@tollkeeper/core';
import { ControlTurns } from '../../src/admin/control-turns.ts';
import type { ProvisionedDesk } from '../../src/admin/provisioned-world.ts';

export const RULES: ProvisionedDesk['rules'] = {
  region: 'us-east-1',
  namePrefix: 'tollkeeper',
  createdBy: 'Tollkeeper',
  source: 'tollkeeper-super-action',
  confirmCommitments: true,
  confirmationMs: 600_000,
};

const NOTHING: ControlAnswer = {
  kind: 'answer',
  status: 404,
  body: { message: 'There is nothing.' },
  error: 'ResourceNotFoundException',
};

/** An account in which there is nothing: lists are empty, all else is not found. */
export const EMPTY_ACCOUNT: ProvisionedDesk = {
  rules: RULES,
  turns: new ControlTurns(),
  control: {
    call: ({ action }) =>
      Promise.resolve(
        action.startsWith('List') && action !== 'ListTagsForResource'
          ? { kind: 'answer', status: 200, body: {}, error: null }
          : NOTHING,
      ),
  },
  unitHourPrice: () => Promise.resolve(null),
};
