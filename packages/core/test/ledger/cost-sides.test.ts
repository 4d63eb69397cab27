/** Both sides of an entry's cost: expected figures are worked out by hand. */
import { expect, it } from 'vitest';
import { sidesOf, usageOf } from '../../src/index.ts';
import { anEntry } from './an-entry.ts';

const line = (name: string, amount: bigint | null) => ({
  class: name,
  quantity: 1,
  unit_price_usd: null,
  amount,
});

it('tokens of the prompt and of the answer have their own cost', () => {
  expect(sidesOf(anEntry())).toEqual({
    input_tokens: 1_000,
    output_tokens: 200,
    input_cost: 60_000_000n,
    output_cost: 48_000_000n,
  });
});

it('caches are input; images, guardrails and fees are output; the sides sum to the cost', () => {
  const sides = sidesOf(
    anEntry({
      usage: usageOf({
        input_tokens: 1,
        cache_read_input_tokens: 2,
        cache_write_5m_input_tokens: 4,
        cache_write_1h_input_tokens: 8,
        cache_write_30m_input_tokens: 16,
        output_tokens: 32,
      }),
      charges: [
        line('input', 1n),
        line('cache_read', 2n),
        line('cache_write_5m', 4n),
        line('cache_write_1h', 8n),
        line('cache_write_30m', 16n),
        line('input_image', 32n),
        line('output', 64n),
        line('image', 128n),
        line('guardrail_contentPolicy_unit', 256n),
        line('prompt_router_request', 512n),
        line('second', null),
      ],
      cost: 1_023n,
    }),
  );
  expect(sides).toEqual({
    input_tokens: 31,
    output_tokens: 32,
    input_cost: 63n,
    output_cost: 960n,
  });
});

it('a correction changes each side by its own charges', () => {
  const sides = sidesOf(
    anEntry({
      entry_type: 'correction',
      usage: usageOf({}),
      charges: [line('input', -60n), line('input', 30n), line('output', 5n)],
      cost: -25n,
    }),
  );
  expect(sides).toEqual({ input_tokens: 0, output_tokens: 0, input_cost: -30n, output_cost: 5n });
});

it('usage that is not known is no tokens', () => {
  const sides = sidesOf(anEntry({ usage: null, charges: [], cost: 0n, ceiling: 7n }));
  expect(sides).toEqual({ input_tokens: 0, output_tokens: 0, input_cost: 0n, output_cost: 0n });
});
