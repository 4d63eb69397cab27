/** What ARNs of an account stand for, how long that counts, and how often it is asked. */
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { describe, expect, test } from 'vitest';
import { OwnedModels, scopeOfRegions } from '../../src/gateway/owned-models.ts';
import type { ModelResource } from '../../src/ports/model-resources.ts';

const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';
const UNAVAILABLE: ModelResource = { kind: 'unavailable', reason: 'timeout' };
const KEEP_MS = 60_000;

function foundation(model: string, ...regions: readonly string[]): ModelResource {
  const modelArns = regions.map((region) => `arn:aws:bedrock:${region}::foundation-model/${model}`);
  return { kind: 'models', modelArns };
}

/** A source that gives the answers it is told, and counts how often it is asked. */
function rig(first: ModelResource) {
  const clock = virtualClock();
  const source = {
    answer: first,
    asked: 0,
    look: () => {
      source.asked += 1;
      return Promise.resolve(source.answer);
    },
  };
  const owned = new OwnedModels({ source, clock, keepMs: KEEP_MS });
  return { owned, source, advance: (ms: number) => clock.advance(ms) };
}

function profile(answer: ModelResource) {
  return rig(answer).owned.find('application-inference-profile', PROFILE);
}

describe('the scope of a profile follows from the regions that it names', () => {
  test.each([
    ['in_region', ['us-east-1']],
    ['in_region', ['eu-west-1', 'eu-west-1']],
    ['geo', ['us-east-1', 'us-east-2', 'us-west-2']],
    ['geo', ['us-east-1', 'ca-central-1']],
    ['geo', ['eu-central-1', 'eu-north-1', 'eu-west-3']],
    ['geo', ['ap-northeast-1', 'ap-south-1', 'ap-southeast-2']],
    ['geo', ['us-gov-east-1', 'us-gov-west-1']],
    ['global', ['us-east-1', 'us-gov-west-1']],
    ['global', ['us-east-1', 'eu-west-1']],
    ['global', ['ap-northeast-1', 'sa-east-1']],
    ['global', ['']],
    ['global', ['us-east-1', '']],
  ] as const)('%s: %j', (scope, regions) => {
    expect(scopeOfRegions(regions)).toBe(scope);
  });
});

describe('what an answer comes to', () => {
  test('a profile is one model, in the scope of its regions', async () => {
    expect(await profile(foundation(SONNET, 'us-east-1', 'us-west-2'))).toEqual({
      kind: 'models',
      models: [{ modelId: SONNET, scope: 'geo' }],
    });
  });

  test('a profile whose models name no region is global', async () => {
    expect(await profile(foundation(SONNET, 'us-east-1', ''))).toEqual({
      kind: 'models',
      models: [{ modelId: SONNET, scope: 'global' }],
    });
  });

  test.each([
    ['models that differ', [`foundation-model/${HAIKU}`, `foundation-model/${SONNET}`]],
    ['something else than models', ['guardrail/abc']],
    ['a model that is none', ['foundation-model/..']],
    ['nothing', []],
  ])('a profile of %s is not understood, so never priced', async (_what, names) => {
    const modelArns = names.map((name) => `arn:aws:bedrock:us-east-1::${name}`);
    expect(await profile({ kind: 'models', modelArns })).toEqual({
      kind: 'unavailable',
      reason: 'unreadable',
    });
  });

  test('a router is all the models that it chooses from, each in its own scope', async () => {
    const answer: ModelResource = {
      kind: 'models',
      modelArns: [
        `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${HAIKU}`,
        `arn:aws:bedrock:us-east-1::foundation-model/${SONNET}`,
      ],
    };
    expect(await rig(answer).owned.find('prompt-router', PROFILE)).toEqual({
      kind: 'models',
      models: [
        expect.objectContaining({ modelId: HAIKU, scope: 'geo' }),
        expect.objectContaining({ modelId: SONNET, scope: 'in_region' }),
      ],
    });
  });
});

describe('how often is asked', () => {
  const find = ({ owned }: ReturnType<typeof rig>, arn = PROFILE) =>
    owned.find('application-inference-profile', arn);

  test('once for all who ask at the same time, then from memory, without a promise', async () => {
    const at = rig(foundation(HAIKU, 'us-east-1'));
    await Promise.all([find(at), find(at), find(at)]);
    expect(find(at)).not.toBeInstanceOf(Promise);
    expect(at.source.asked).toBe(1);
  });

  test('again when the answer has grown old; without one the old answer still counts', async () => {
    const at = rig(foundation(HAIKU, 'us-east-1'));
    const first = await find(at);
    at.advance(KEEP_MS);
    at.source.answer = UNAVAILABLE;
    expect(await find(at)).toEqual(first);
    expect(find(at)).toEqual(first);
    expect(at.source.asked).toBe(2);
    at.advance(1_000);
    at.source.answer = { kind: 'not_found' };
    expect(await find(at)).toEqual({ kind: 'not_found' });
  });

  test('that there is none, or that nobody knows, counts for a moment', async () => {
    for (const [answer, ms] of [
      [{ kind: 'not_found' }, 5_000],
      [UNAVAILABLE, 1_000],
    ] as const) {
      const at = rig(answer);
      expect(await find(at)).toEqual(answer);
      at.advance(ms - 1);
      expect(find(at)).toEqual(answer);
      expect(at.source.asked).toBe(1);
      at.advance(1);
      at.source.answer = foundation(HAIKU, 'us-east-1');
      expect(await find(at)).toMatchObject({ kind: 'models' });
    }
  });

  test('a thousand ARNs are kept; the next takes the place of the first', async () => {
    const at = rig(foundation(HAIKU, 'us-east-1'));
    for (let i = 0; i <= 1_000; i++) await find(at, `${PROFILE}${i}`);
    expect(find(at, `${PROFILE}1`)).not.toBeInstanceOf(Promise);
    expect(find(at, `${PROFILE}0`)).toBeInstanceOf(Promise);
  });
});
