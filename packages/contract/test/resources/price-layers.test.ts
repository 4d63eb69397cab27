/** Price layers: the members that each kind may have are checked where they mean something. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { priceLayers } from '../../src/resources/price-layers.ts';

it.each([
  [{ kind: 'discount', percent: '12.5' }, true],
  [{ kind: 'markup', percent: '0.0001', provider: 'anthropic' }, true],
  [{ kind: 'discount', percent: '12,5' }, false],
  [{ kind: 'discount', percent: '0.00001' }, false],
  [{ kind: 'rebate', percent: '1' }, false],
  [{ percent: '1' }, false],
  [{ kind: 'markup', percent: '1', effective_from: 'today' }, false],
])('takes or refuses %j: %j', (body, outcome) => {
  expect(Compile(priceLayers.putPriceLayer.body).Check(body)).toBe(outcome);
});

it('sets a price by its key, exactly', () => {
  const body = Compile(priceLayers.setPrice.body);
  const price = { model_id: 'a.b', region: 'us-east-1', usage_class: 'input', usd: '0.25' };
  expect(body.Check(price)).toBe(true);
  expect(body.Check({ ...price, usd: '-1' })).toBe(false);
  expect(body.Check({ ...price, usd: '1e-3' })).toBe(false);
  expect(body.Check({ ...price, region: '*' })).toBe(false);
});
