/** Which labels can be used now; and whoever finds one spent moves the sticky label for all. */
import { expect, test } from 'vitest';
import type { EffectiveConfig } from '../../src/keeper/effective.ts';
import { labelsNow } from '../../src/keeper/labels-now.ts';
import { stickyScopeOf } from '../../src/keeper/sticky.ts';
import { submit } from '../../src/keeper/submission.ts';
import { APP, ORG, PATH, WHO, aSubmission, submissionRig, type Rig } from './submission-rig.ts';

async function configOf({ keeper }: Rig): Promise<EffectiveConfig> {
  const config = await keeper.configs.forApp(ORG, APP);
  if (config === undefined) throw new Error('There is no such organization.');
  return config;
}

async function now(rig: Rig) {
  const { ledger, keeper, clock } = rig;
  return labelsNow({ ledger, ...keeper }, await configOf(rig), clock.now());
}

/** Spends the quotas of 10, 5 and 2 USD: 12.5 and 16 million tokens in, and more. */
async function spend(rig: Rig, label: 'premium' | 'standard' | 'economy'): Promise<void> {
  const quotas: Record<typeof label, readonly [string, number]> = {
    premium: ['amazon.nova-pro-v1:0', 12_500_000],
    standard: ['amazon.nova-2-lite-v1:0', 16_000_000],
    economy: ['amazon.nova-micro-v1:0', 60_000_000],
  };
  const [bedrock_model_id, input_tokens] = quotas[label];
  const submission = aSubmission(rig, {
    ...{ model_label: label, bedrock_model_id, input_tokens, output_tokens: 0 },
  });
  await submit(rig.parts, WHO, PATH, submission);
}

test('all labels are open while nothing is spent', async () => {
  const rig = await submissionRig();
  const { chosen, uses } = await now(rig);
  expect(chosen).toMatchObject({ label: 'premium', reason: 'NORMAL', advance_to: null });
  expect(chosen.open).toEqual(['premium', 'standard', 'economy']);
  expect(uses.get('premium')).toEqual({ posted: 0n, limit: 10_000_000_000_000n });
});

test('the first who finds a label spent moves the sticky one for everybody', async () => {
  const rig = await submissionRig();
  await spend(rig, 'premium');
  expect((await now(rig)).chosen).toMatchObject({
    ...{ label: 'standard', reason: 'QUOTA_EXCEEDED_PREMIUM', sticky_active: true },
  });
  const { start } = (await now(rig)).day;
  const scope = stickyScopeOf(await configOf(rig));
  expect(await rig.keeper.sticky.read(scope, start)).toMatchObject({ label: 'standard', index: 1 });
  expect((await now(rig)).chosen).toMatchObject({ label: 'standard', reason: 'STICKY_FALLBACK' });
});

test('what somebody else has moved further meanwhile counts', async () => {
  const rig = await submissionRig();
  await spend(rig, 'premium');
  const { ledger, keeper, clock } = rig;
  const config = await configOf(rig);
  const scope = stickyScopeOf(config);
  // Between the reading of the sticky label and its move, another process moves it to the last.
  const sticky = {
    read: async (...asked: Parameters<typeof keeper.sticky.read>) => {
      const found = await keeper.sticky.read(...asked);
      await keeper.sticky.advance(scope, asked[1], config.sticky_ordering, 'economy');
      return found;
    },
    advance: keeper.sticky.advance.bind(keeper.sticky),
  } as typeof keeper.sticky;
  const { chosen } = await labelsNow(
    { ledger, quotas: keeper.quotas, sticky },
    config,
    clock.now(),
  );
  expect(chosen).toMatchObject({ label: 'economy', reason: 'STICKY_FALLBACK' });
});

test('with every quota spent no label is open', async () => {
  const rig = await submissionRig();
  for (const label of ['premium', 'standard', 'economy'] as const) await spend(rig, label);
  const { chosen } = await now(rig);
  expect([chosen.label, chosen.reason, chosen.open]).toEqual([null, 'ALL_QUOTAS_EXCEEDED', []]);
});

test('where the sticky label is switched off nothing is written', async () => {
  const organization = { overrides: { sticky_fallback_enabled: false } };
  const rig = await submissionRig({ organization });
  await spend(rig, 'premium');
  const { chosen, day } = await now(rig);
  expect([chosen.label, chosen.reason]).toEqual(['standard', 'QUOTA_EXCEEDED_PREMIUM']);
  const scope = stickyScopeOf(await configOf(rig));
  expect(await rig.keeper.sticky.read(scope, day.start)).toBeUndefined();
});
