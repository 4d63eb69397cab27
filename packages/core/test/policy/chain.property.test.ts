/** Laws of the choice of a label, for every chain and every way in which quotas are used up. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  chooseLabel,
  isSpent,
  type Chain,
  type QuotaUse,
  type StickyPlace,
} from '../../src/policy/chain.ts';

const LABELS = ['a', 'b', 'c', 'd', 'e'];
const TIME_BOX = { numRuns: 3_000, interruptAfterTimeLimit: 1_500 } as const;
const NOTHING: QuotaUse = { posted: 0n, limit: 0n };

const label = fc.constantFrom(...LABELS);
const chains = fc
  .tuple(fc.shuffledSubarray(LABELS, { minLength: 1 }), fc.integer({ min: 0, max: 50 }))
  .map(([ordering, tail]): Chain => {
    const shared = { ordering, sticky_ordering: ordering, sticky_enabled: true };
    return { ...shared, spent_tail_pct: tail };
  });
const quotas = fc.dictionary(
  label,
  fc.record({
    posted: fc.bigInt({ min: 0n, max: 250n }),
    limit: fc.bigInt({ min: 0n, max: 200n }),
  }),
);
/** What happens next: usage and corrections are posted, limits are set anew. */
const moves = fc.array(
  fc.record({
    of: label,
    amount: fc.bigInt({ min: -20n, max: 60n }),
    limit: fc.option(fc.bigInt({ min: 0n, max: 300n })),
  }),
  { maxLength: 40 },
);

test('the active label is never spent, and goes forward only, whatever is posted', () => {
  fc.assert(
    fc.property(chains, quotas, moves, (chain, initial, steps) => {
      const uses = new Map(Object.entries(initial));
      let sticky: StickyPlace | undefined;
      let reached = 0;
      for (const { of, amount, limit } of steps) {
        const before = uses.get(of) ?? NOTHING;
        uses.set(of, { posted: before.posted + amount, limit: limit ?? before.limit });
        const chosen = chooseLabel(chain, (name) => uses.get(name), sticky);
        if (chosen.advance_to !== null) {
          const index = chain.ordering.indexOf(chosen.advance_to);
          expect(index).toBeGreaterThan(sticky?.index ?? 0);
          sticky = { label: chosen.advance_to, index };
        }
        if (chosen.label === null) continue;
        expect(isSpent(uses.get(chosen.label) ?? NOTHING, chain.spent_tail_pct)).toBe(false);
        const index = chain.ordering.indexOf(chosen.label);
        expect(index).toBeGreaterThanOrEqual(reached);
        expect(chosen.sticky_active).toBe(index > 0);
        reached = index;
      }
    }),
    TIME_BOX,
  );
});

test('who comes after the move sees the same label as who made it', () => {
  fc.assert(
    fc.property(chains, quotas, (chain, uses) => {
      const useOf = (name: string): QuotaUse | undefined => uses[name];
      const first = chooseLabel(chain, useOf, undefined);
      const place = first.advance_to ?? chain.ordering[0] ?? '';
      const moved = { label: place, index: chain.ordering.indexOf(place) };
      const second = chooseLabel(chain, useOf, moved);
      expect(second.label).toBe(first.label);
      expect(second.open).toEqual(first.open);
      expect(second.advance_to).toBeNull();
    }),
    TIME_BOX,
  );
});
