/**
 * The law of admission for units: whatever the images, searches and guardrail units of a request
 * turn out to be, within what was held they cost at most what was held - on made-up prices, and on
 * every card of the shipped catalogue.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundOf, catalogueFrom, charge, GUARDRAIL_MODEL_ID, usageOf } from '../../src/index.ts';
import type { ModelFacts, RateCard } from '../../src/index.ts';
import { aCard, aPrice, aShape, NOW } from './a-price.ts';

const TIME_BOX = { numRuns: 4000, interruptAfterTimeLimit: 1500 };
const SIDES = [64, 512, 513, 1024, 1536, 2048];
const QUALITIES = ['standard', 'premium'];

const usd = fc.stringMatching(/^0\.[0-9]{1,14}$/);
/** Sets of bands as they are published: every size has a price in every quality, or none has. */
const bands = fc.constantFrom(
  ['all'],
  ['le_512', 'gt_512'],
  ['le_1024', 'le_2048'],
  ['le_512', 'le_2048', 'gt_2048'],
);
const imageRows = fc
  .tuple(bands, fc.array(usd, { minLength: 8, maxLength: 8 }))
  .map(([names, prices]) =>
    names.flatMap((name, index) =>
      (name === 'all' ? [''] : QUALITIES).map((quality, place) =>
        aPrice({
          usage_class: 'image',
          context_band: quality === '' ? name : `${name}:${quality}`,
          usd: prices[index * 2 + place] ?? '0',
          per: 1,
        }),
      ),
    ),
  );
const tokenRows = fc
  .tuple(usd, usd)
  .map(([input, output]) => [
    aPrice({ usage_class: 'input', usd: input }),
    aPrice({ usage_class: 'output', usd: output }),
  ]);
const guardrailCard = usd.map((price) =>
  aCard([aPrice({ usage_class: 'guardrail_topic_policy_unit', usd: price, per: 1000 })]),
);

/** A unit as the request tells of it, and every name under which it can come to be billed. */
const told = fc
  .tuple(
    fc.constantFrom(...SIDES),
    fc.constantFrom(...QUALITIES),
    fc.constantFrom('all', 'no quality', 'another word', 'neither'),
  )
  .map(([side, quality, known]) => {
    const name = `image:${side}:${quality}`;
    switch (known) {
      case 'all':
        return { shape: name, billed: [name] };
      case 'neither':
        return {
          shape: 'image',
          billed: SIDES.flatMap((any) => QUALITIES.map((word) => `image:${any}:${word}`)),
        };
      default:
        return {
          shape: known === 'no quality' ? `image:${side}` : `image:${side}:unheard`,
          billed: QUALITIES.map((word) => `image:${side}:${word}`),
        };
    }
  });
const MODEL: ModelFacts = {
  model_id: 'a.model',
  provider: 'a',
  family: 'unknown',
  kind: 'text',
  context_window: 100_000,
  max_output_tokens: 1000,
  default_max_tokens: null,
  explicit_cache: true,
  sources: [],
};

test('no units within the bound cost more than the bound, whatever their prices', () => {
  let seen = 0;
  fc.assert(
    fc.property(
      imageRows,
      tokenRows,
      guardrailCard,
      told,
      fc.record({ count: fc.integer({ min: 1, max: 12 }), spread: fc.nat(), topics: fc.nat(50) }),
      fc.constantFrom<ModelFacts['kind']>('text', 'image', 'embedding'),
      (images, tokens, unitCard, unit, { count, spread, topics }, kind) => {
        const card = aCard(kind === 'image' ? images : [...images, ...tokens]);
        const units = { [unit.shape]: count, guardrail_topic_policy_unit: topics };
        const shape = aShape({ units, text_bytes: 500, max_output_tokens: 20 });
        const bound = boundOf(shape, { ...MODEL, kind }, [card], { cap_tokens: null, unitCard });
        if (bound.kind !== 'bounded') return;
        const billed: Record<string, number> = { guardrail_topic_policy_unit: topics };
        for (let index = 0; index < count; index++) {
          const name = unit.billed[(spread + index * 7) % unit.billed.length] ?? '';
          billed[name] = (billed[name] ?? 0) + 1;
        }
        const usage = usageOf({
          input_tokens: bound.input_tokens,
          output_tokens: bound.output_tokens,
          units: billed,
        });
        const { cost, priced } = charge(card, usage, unitCard);
        // A size beyond every band has no price: then the hold is the ceiling, not a cost.
        if (priced === 'yes') seen++;
        expect(cost <= bound.amounts.usd).toBe(true);
      },
    ),
    TIME_BOX,
  );
  expect(seen).toBeGreaterThan(200);
});

function shippedFile(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../data/${name}`, import.meta.url), 'utf8'));
}

test('every unit that the catalogue prices is bounded by exactly what it then costs', () => {
  const { book, models } = catalogueFrom(shippedFile('prices.json'), shippedFile('models.json'));
  const cards = new Set<RateCard>();
  for (const row of book.rows()) {
    const card = book.rateCard({ ...row, at: NOW });
    if (card !== undefined && card.units.size > 0) cards.add(card);
  }
  let checked = 0;
  for (const card of cards) {
    const model = models.get(card.model_id) ?? { ...MODEL, kind: 'rerank' as const };
    for (const unit of card.units.keys()) {
      const shape = aShape({ units: { [unit]: 7 }, text_bytes: 0, parts: 0, max_output_tokens: 1 });
      const guardrail = card.model_id === GUARDRAIL_MODEL_ID;
      const unitCard = guardrail ? card : undefined;
      const bound = boundOf(shape, model, [card], { cap_tokens: null, unitCard });
      if (bound.kind !== 'bounded') throw new Error(`${card.model_id} ${unit}: ${bound.message}`);
      const { input_tokens, output_tokens } = bound;
      const usage = usageOf({ input_tokens, output_tokens, units: { [unit]: 7 } });
      expect(charge(card, usage, unitCard)).toMatchObject({
        priced: 'yes',
        cost: bound.amounts.usd,
      });
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(90);
});
