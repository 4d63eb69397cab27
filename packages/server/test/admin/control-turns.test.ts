/** Turns of organizations at the control plane. */
import type { ControlAnswer, ControlCall } from '@tollkeeper/core';
import { beforeEach, expect, it } from 'vitest';
import { CALLS_AT_ONCE, CALLS_WAITING_MAX, ControlTurns } from '../../src/admin/control-turns.ts';
import type { ProvisionedControl } from '../../src/ports/provisioned.ts';

const CALL: ControlCall = {
  action: 'ListFoundationModels',
  method: 'GET',
  path: '/foundation-models',
  body: null,
};
const DONE: ControlAnswer = { kind: 'answer', status: 200, body: {}, error: null };

let turns: ControlTurns;
let running: (() => void)[];
let control: ProvisionedControl;

beforeEach(() => {
  turns = new ControlTurns();
  running = [];
  control = {
    call: async () => {
      await new Promise<void>((resolve) => {
        running.push(resolve);
      });
      return DONE;
    },
  };
});

/** Ends the call that has run longest; whoever is next has begun when this resolves. */
async function endOne(): Promise<void> {
  running.shift()?.();
  await new Promise((resolve) => void setImmediate(resolve));
}

const many = (orgId: string | null, count: number) =>
  Array.from({ length: count }, () => turns.of(control, orgId).call(CALL));

it('so many calls run at a time, whoever asks', async () => {
  const answers = [...many('one', CALLS_AT_ONCE), ...many('two', 3), ...many(null, 3)];
  expect(running).toHaveLength(CALLS_AT_ONCE);
  for (let n = 0; n < 6; n++) {
    await endOne();
    expect(running).toHaveLength(CALLS_AT_ONCE);
  }
  while (running.length > 0) await endOne();
  expect(new Set(await Promise.all(answers))).toEqual(new Set([DONE]));
});

it('who asks for much waits behind its own', async () => {
  const flood = many('one', CALLS_AT_ONCE + CALLS_WAITING_MAX + 1);
  const [other] = many('two', 1);
  // Those that run already, and the next of both.
  for (let n = 0; n < CALLS_AT_ONCE + 2; n++) await endOne();
  await expect(other).resolves.toBe(DONE);
  while (running.length > 0) await endOne();
  const reasons = (await Promise.all(flood)).map((answer) =>
    answer.kind === 'unavailable' ? answer.reason : 'done',
  );
  // One for whom there was no room, and one that gave its place to the other.
  expect(reasons.filter((reason) => reason === 'crowded')).toHaveLength(2);
});
