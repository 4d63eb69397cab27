/**
 * What is billed in units: images by size and quality, search units, images that are embedded,
 * guardrails by themselves and beside every kind of model, and what an ARN of the account stands
 * for. Units and tokens of each entry against the simulator's book at the oracle's prices.
 */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caseOf, operationsOf, MODELS, OPERATIONS, PRICED, type CostCase } from './cost-bodies.ts';
import {
  amountsOf,
  differences,
  expectCovered,
  expectExact,
  picoOf,
  runCases,
  type Outcome,
} from './cost-rig.ts';
import { counterOf } from './metrics-reading.ts';

const REGION = 'us-east-1';
const OWNED = `arn:aws:bedrock:${REGION}:123456789012`;
const GUARDRAIL = 'simguardrail';
/** It has every policy there is. */
const FULL = 'simguardfull';

let product: RunningProduct;
let calls = 0;

beforeAll(async () => {
  product = await startProduct({ limitUsd: '9000', settings: { region: REGION } });
  const arns = [
    `guardrail/${GUARDRAIL}`,
    `guardrail/${FULL}`,
    'application-inference-profile/simclaudegeo',
    'application-inference-profile/simclaudeall',
    'application-inference-profile/simnovalite0',
    'default-prompt-router/anthropic.claude:1',
    'prompt-router/simrouternov',
    'provisioned-model/simprovision',
    'imported-model/simimported1',
  ];
  for (const [index, arn] of arns.entries()) {
    const params = { org_id: product.orgId, grant_id: `arn-${index}` };
    await product.client.putGrant({ params, body: { kind: 'arn', value: `${OWNED}:${arn}` } });
  }
}, 60_000);
afterAll(async () => {
  console.log(`${calls} calls for units met the oracle`);
  await product.close();
});

async function exactly(
  cases: readonly CostCase[],
  check: (outcome: Outcome) => unknown = (outcome) => {
    expectExact(REGION, outcome);
    expect(outcome.entry?.priced).toBe('yes');
  },
): Promise<readonly Outcome[]> {
  const outcomes = await runCases(product, cases);
  expect(differences(outcomes, check)).toEqual([]);
  calls += outcomes.length;
  return outcomes;
}

function invoke(model: string, body: object): CostCase {
  return { model, operation: 'invoke', body, cache: 'plain' };
}

/** The first bytes of a PNG file with sides of that size, in base64. */
function png(side: number): string {
  const head = Buffer.alloc(24);
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(head);
  head.writeUInt32BE(side, 16);
  head.writeUInt32BE(side, 20);
  return head.toString('base64');
}

describe('images', () => {
  const CANVAS = 'amazon.nova-canvas-v1:0';
  const TITAN = 'amazon.titan-image-generator-v1';
  const made = (model: string, taskType: string, config: object): CostCase =>
    invoke(model, {
      taskType,
      textToImageParams: { text: 'A ledger.' },
      imageGenerationConfig: config,
    });

  test('cost by number, largest side and quality, whatever makes them', async () => {
    const cases = [CANVAS, TITAN].flatMap((model) =>
      ['TEXT_IMAGE', 'IMAGE_VARIATION', 'COLOR_GUIDED_GENERATION'].flatMap((task) =>
        [320, 512, 513, 1024, 1025, 2048].flatMap((width) =>
          ['standard', 'premium'].flatMap((quality) =>
            [1, 3].map((numberOfImages) =>
              made(model, task, { width, height: 320, quality, numberOfImages }),
            ),
          ),
        ),
      ),
    );
    await exactly([...cases, made(CANVAS, 'TEXT_IMAGE', {}), made(TITAN, 'TEXT_IMAGE', {})]);
  });

  test('that are edited are as large as they were', async () => {
    const edits = [
      ['INPAINTING', 'inPaintingParams', 'image'],
      ['OUTPAINTING', 'outPaintingParams', 'image'],
      ['BACKGROUND_REMOVAL', 'backgroundRemovalParams', 'image'],
      ['VIRTUAL_TRY_ON', 'virtualTryOnParams', 'sourceImage'],
    ] as const;
    await exactly(
      [CANVAS, TITAN].flatMap((model) =>
        edits.flatMap(([taskType, params, member]) =>
          [512, 1024, 1600].map((side) =>
            invoke(model, { taskType, [params]: { [member]: png(side) } }),
          ),
        ),
      ),
    );
  });

  test('of an unknown size are an estimate, with a ceiling', async () => {
    const body = { taskType: 'INPAINTING', inPaintingParams: { image: 'aGVsbG8=' } };
    await exactly([invoke(CANVAS, body), invoke(TITAN, body)], (outcome) =>
      expectCovered(REGION, outcome),
    );
  });

  test('of Stable Diffusion cost by steps too, those of newer models the same', async () => {
    const prompts = { text_prompts: [{ text: 'A ledger.' }] };
    const sized = [
      ['stability.stable-diffusion-xl-v0', 512],
      ['stability.stable-diffusion-xl-v0', 896],
      ['stability.stable-diffusion-xl-v1', 1024],
    ] as const;
    const older = sized.flatMap(([model, side]) =>
      [undefined, 50, 51, 150].map((steps) =>
        invoke(model, { ...prompts, width: side, height: 512, steps }),
      ),
    );
    const newer = PRICED.filter(
      ({ family, region, model_id }) =>
        family === 'stability' && region === REGION && !model_id.includes('diffusion-xl'),
    );
    await exactly([...older, ...newer.map(({ name }) => invoke(name, { prompt: 'A ledger.' }))]);
  });
});

describe('search units', () => {
  const rerank = (documents: number, bytes: number, more: object = {}): CostCase =>
    invoke('cohere.rerank-v3-5:0', {
      query: 'What is a ledger?',
      documents: Array.from({ length: documents }, () => 'd'.repeat(bytes)),
      api_version: 2,
      ...more,
    });

  test('are one for each hundred documents begun, however few come back', async () => {
    const outcomes = await exactly(
      [1, 99, 100, 101, 250, 1000].flatMap((documents) => [
        rerank(documents, 20),
        rerank(documents, 20, { top_n: 1 }),
      ]),
    );
    const units = outcomes.map(({ entry }) => entry?.usage?.units['search_unit']);
    expect(units).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 10, 10]);
  });

  test('of documents that may be split are an estimate, with a ceiling', async () => {
    await exactly([rerank(100, 900), rerank(50, 3_000)], (outcome) =>
      expectCovered(REGION, outcome),
    );
  });
});

describe('embeddings', () => {
  test('of text, of an image, and of both', async () => {
    const model = 'amazon.titan-embed-image-v1';
    const outcomes = await exactly([
      invoke(model, { inputText: 'A ledger.' }),
      invoke(model, { inputImage: png(64) }),
      invoke(model, { inputText: 'A ledger.', inputImage: png(64) }),
    ]);
    const images = outcomes.map(({ entry }) => entry?.usage?.units['input_image']);
    expect(images).toEqual([undefined, 1, 1]);
  });

  test('of many texts at once', async () => {
    const texts = Array.from({ length: 96 }, (_, at) => 'word '.repeat(at + 1));
    const inputs = texts.map((text) => ({ content: [{ type: 'text', text }] }));
    const input_type = 'search_document';
    const cases = [
      invoke('cohere.embed-english-v3', { texts, input_type }),
      invoke('cohere.embed-multilingual-v3', { texts, input_type }),
      invoke('global.cohere.embed-v4:0', { inputs, input_type }),
    ];
    // Answers so large that they begin before their cost is known have no header of it.
    await exactly(cases, (outcome) => {
      expect(outcome.toldCost).toBeNull();
      expectExact(REGION, { ...outcome, toldCost: outcome.entry?.cost_usd ?? null });
    });
  });
});

describe('a guardrail beside a model', () => {
  /** One model of each family that answers with text and has a price here. */
  const ONE_EACH = [
    ...new Map(
      PRICED.filter(({ region, kind, tier }) => {
        return region === REGION && kind === 'text' && tier === 'standard';
      }).map((priced) => [priced.family, priced]),
    ).values(),
  ];
  const guarded = (identifier: string, trace: string, fault: string): readonly CostCase[] =>
    ONE_EACH.flatMap((priced) =>
      operationsOf(priced).flatMap((operation): readonly CostCase[] => {
        const plain = caseOf(priced.name, operation, { fault });
        const version = '1';
        if (!operation.startsWith('converse')) {
          const headers = {
            'x-amzn-bedrock-guardrailidentifier': identifier,
            'x-amzn-bedrock-guardrailversion': version,
            'x-amzn-bedrock-trace': trace.toUpperCase(),
          };
          return [{ ...plain, headers }];
        }
        const asked = { guardrailIdentifier: identifier, guardrailVersion: version, trace };
        const body = { ...plain.body, guardrailConfig: asked };
        // Without a maximum the model writes as much as it can, and the guardrail reads it all.
        return [
          { ...plain, body },
          { ...plain, body: { ...body, inferenceConfig: {} } },
        ];
      }),
    );
  const FAULTS = ['', 'guardrail;blocks=input', 'guardrail;blocks=output'];

  test('there is one model of each family', () => {
    const families = new Set(MODELS.filter(({ kind }) => kind === 'text').map((m) => m.family));
    expect(new Set(ONE_EACH.map(({ family }) => family))).toEqual(families);
  });

  test.each([GUARDRAIL, FULL])('with a trace: %s, whatever it blocks', async (identifier) => {
    const cases = FAULTS.flatMap((fault) => guarded(identifier, 'enabled', fault));
    expect(cases.length).toBeGreaterThan(150);
    const outcomes = await exactly(cases);
    for (const { entry } of outcomes) {
      expect(entry?.usage?.units['guardrail_content_policy_unit']).toBeGreaterThan(0);
    }
  });

  test.each([GUARDRAIL, FULL])(
    'without a trace: %s is estimated, under a ceiling that covers it',
    async (identifier) => {
      const cases = FAULTS.flatMap((fault) => guarded(identifier, 'disabled', fault));
      await exactly(cases, (outcome) => {
        expectCovered(REGION, outcome);
        expect(outcome.entry).toMatchObject({
          usage_source: 'estimated',
          usage_reason: 'guardrail_untraced',
        });
      });
    },
  );

  test('without a trace it is flagged where the key says so', async () => {
    const { api_key: key } = await product.client.createKey({
      params: { org_id: product.orgId, app_id: product.appId },
      body: { policy: { untraced_guardrail: 'flag' } },
    });
    const cases = FAULTS.flatMap((fault) => guarded(FULL, 'disabled', fault));
    const outcomes = await runCases(product, cases, { key });
    const flagged = (outcome: Outcome): void => {
      expectCovered(REGION, outcome);
      expect(outcome.entry?.usage_source).toBe('reported');
      expect(['partly', 'no']).toContain(outcome.entry?.priced);
    };
    expect(differences(outcomes, flagged)).toEqual([]);
  });
});

describe('a guardrail by itself', () => {
  const apply = (identifier: string, source: string, content: readonly object[]): CostCase => ({
    ...invoke(identifier, { source, content }),
    path: `/guardrail/${encodeURIComponent(identifier)}/version/1/apply`,
  });

  test('costs by what each of its policies reads', async () => {
    const said = (characters: number) => ({ text: { text: 'x'.repeat(characters) } });
    const source = { text: { text: 'It is. '.repeat(300), qualifiers: ['grounding_source'] } };
    const query = { text: { text: 'Is it?', qualifiers: ['query'] } };
    const image = { image: { format: 'png', source: { bytes: png(64) } } };
    await exactly(
      [GUARDRAIL, FULL, `${OWNED}:guardrail/${FULL}`].flatMap((identifier) =>
        ['INPUT', 'OUTPUT'].flatMap((side) =>
          [1, 1_000, 1_001, 25_000].flatMap((characters) => [
            apply(identifier, side, [said(characters)]),
            apply(identifier, side, [said(characters), source, query]),
            apply(identifier, side, [said(characters), image]),
          ]),
        ),
      ),
    );
  });

  test('checks cost by what each of them reads', async () => {
    const checks = {
      contentFilter: { categories: [{ category: 'HATE' }] },
      promptAttack: { categories: [{ category: 'JAILBREAK' }] },
      sensitiveInformation: { entities: [{ type: 'NAME' }] },
    };
    const each = Object.entries(checks).map(([name, check]) => ({ [name]: check }));
    await exactly(
      [...each, checks].flatMap((asked) =>
        [1, 1_000, 1_001].map((characters) => ({
          ...invoke('checks', {
            messages: [{ role: 'user', content: [{ text: 'x'.repeat(characters) }] }],
            checks: asked,
          }),
          path: '/guardrail-checks/invoke',
        })),
      ),
    );
  });
});

describe('by an ARN of the account', () => {
  const CONVERSE = OPERATIONS.slice(0, 2);
  const called = (arn: string): readonly CostCase[] =>
    CONVERSE.map((operation) => ({
      ...caseOf('amazon.nova-pro-v1:0', operation),
      model: `${OWNED}:${arn}`,
    }));

  test('a profile costs what its model and scope do', async () => {
    const profiles = ['simclaudegeo', 'simclaudeall', 'simnovalite0'];
    await exactly(profiles.flatMap((id) => called(`application-inference-profile/${id}`)));
  });

  test('a router costs what it chose, and a fee that has no price', async () => {
    const routers = ['default-prompt-router/anthropic.claude:1', 'prompt-router/simrouternov'];
    const picked = routers.flatMap((router) =>
      called(router).flatMap((each) =>
        [0, 1].map((pick) => ({ ...each, fault: `router;model=${pick}` })),
      ),
    );
    await exactly(picked, ({ entry, row, status }) => {
      expect(status).toBe(200);
      if (entry === undefined || row === undefined) throw new Error('it is not in entry and book');
      const { charges } = entry;
      const fee = charges.filter((line) => line.class === 'prompt_router_request');
      expect(fee).toMatchObject([{ quantity: 1, amount_usd: null }]);
      const tokens = charges.filter((line) => line.class !== 'prompt_router_request');
      const lines = tokens.map((line) => [line.class, line.amount_usd] as const);
      expect(new Map(lines)).toEqual(amountsOf(REGION, row));
      expect(entry.priced).toBe('partly');
      expect(picoOf(entry.ceiling_usd ?? '0')).toBeGreaterThan(picoOf(entry.cost_usd));
    });
  });

  test('capacity that is paid by the hour is metered, at nothing for one more call', async () => {
    const cases = [
      ...called('provisioned-model/simprovision'),
      ...called('imported-model/simimported1'),
    ];
    await exactly(cases, ({ entry, row, status }) => {
      expect(status).toBe(200);
      expect(row?.billed).toBe(false);
      expect(entry?.usage).toEqual(row?.usage);
      expect(entry).toMatchObject({ priced: 'yes', cost_usd: '0', ceiling_usd: null });
      expect(entry?.charges.map((line) => line.unit_price_usd)).toEqual(['0', '0']);
    });
  });
});

test('counting tokens costs nothing, whatever is counted', async () => {
  const cases = ['amazon.nova-pro-v1:0', 'global.anthropic.claude-sonnet-4-5-20250929-v1:0'].map(
    (model): CostCase => ({
      ...invoke(model, { input: { converse: caseOf(model, 'converse').body } }),
      path: `/model/${encodeURIComponent(model)}/count-tokens`,
    }),
  );
  await exactly(cases, ({ entry, row, status }) => {
    expect([status, row?.billed, row?.usage]).toEqual([200, false, null]);
    expect(entry).toMatchObject({ priced: 'yes', cost_usd: '0', ceiling_usd: null, charges: [] });
  });
});

test('nothing used more than was held for it', async () => {
  expect(await counterOf(product, 'tollkeeper_over_bound_total')).toBe(0);
});
