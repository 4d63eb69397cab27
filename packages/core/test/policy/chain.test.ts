/** Which label is active: tables of quotas, places of the sticky label, and what comes of them. */
import { describe, expect, test } from 'vitest';
import { chooseLabel, isSpent, type Chain, type QuotaUse } from '../../src/policy/chain.ts';

const LABELS = ['premium', 'standard', 'economy'];
const CHAIN: Chain = {
  ordering: LABELS,
  sticky_ordering: LABELS,
  sticky_enabled: true,
  spent_tail_pct: 1,
};

/** Used hundredths of quotas of 1,000 by label; a label that is left out has no quota. */
function used(pct: Readonly<Record<string, number>>): (label: string) => QuotaUse | undefined {
  return (label) => {
    const share = pct[label];
    return share === undefined ? undefined : { posted: BigInt(share * 10), limit: 1_000n };
  };
}

describe('a label is spent', () => {
  test.each([
    [0n, 0n, 1, true],
    [999n, 1_000n, 0, false],
    [1_000n, 1_000n, 0, true],
    [1_001n, 1_000n, 0, true],
    // One hundredth of 1,000 is 10: what leaves exactly that is not spent yet.
    [990n, 1_000n, 1, false],
    [991n, 1_000n, 1, true],
    [-5n, 1_000n, 50, false],
  ])('posted %d of %d with a tail of %d %%: %s', (posted, limit, tail, spent) => {
    expect(isSpent({ posted, limit }, tail)).toBe(spent);
  });
});

describe('without a sticky label', () => {
  test('the first label is active while its quota lasts', () => {
    const use = used({ premium: 98, standard: 100, economy: 0 });
    expect(chooseLabel(CHAIN, use, undefined)).toEqual({
      label: 'premium',
      reason: 'NORMAL',
      open: ['premium', 'economy'],
      advance_to: null,
      sticky_active: false,
    });
  });
  test('a spent label makes the next one active and moves the sticky one there', () => {
    const use = used({ premium: 100, standard: 0, economy: 0 });
    expect(chooseLabel(CHAIN, use, undefined)).toEqual({
      label: 'standard',
      reason: 'QUOTA_EXCEEDED_PREMIUM',
      open: ['standard', 'economy'],
      advance_to: 'standard',
      sticky_active: true,
    });
  });
  test('several spent labels are passed at once', () => {
    const use = used({ premium: 100, standard: 100, economy: 0 });
    const chosen = chooseLabel(CHAIN, use, undefined);
    expect(chosen).toMatchObject({ label: 'economy', reason: 'QUOTA_EXCEEDED_STANDARD' });
    expect(chosen.advance_to).toBe('economy');
  });
  test('when all are spent there is none, and the sticky label rests on the last', () => {
    const use = used({ premium: 100, standard: 100, economy: 100 });
    expect(chooseLabel(CHAIN, use, undefined)).toEqual({
      label: null,
      reason: 'ALL_QUOTAS_EXCEEDED',
      open: [],
      advance_to: 'economy',
      sticky_active: true,
    });
  });
  test('a label without a quota is not free: it counts as spent', () => {
    expect(chooseLabel(CHAIN, used({ standard: 0 }), undefined).label).toBe('standard');
  });
});

describe('with a sticky label', () => {
  const standard = { label: 'standard', index: 1 };

  test('it stays where it is, though an earlier quota has room again', () => {
    const use = used({ premium: 0, standard: 0, economy: 0 });
    expect(chooseLabel(CHAIN, use, standard)).toMatchObject({
      label: 'standard',
      reason: 'STICKY_FALLBACK',
      advance_to: null,
      sticky_active: true,
    });
  });
  test('it moves on from there', () => {
    const use = used({ premium: 0, standard: 100, economy: 0 });
    expect(chooseLabel(CHAIN, use, standard)).toMatchObject({
      label: 'economy',
      reason: 'QUOTA_EXCEEDED_STANDARD',
      advance_to: 'economy',
    });
  });
  test('with nothing left ahead of it there is none, whatever is left behind it', () => {
    const use = used({ premium: 0, standard: 100, economy: 100 });
    expect(chooseLabel(CHAIN, use, standard).label).toBeNull();
  });
  test('switched off, it counts for nothing and is not moved', () => {
    const chain = { ...CHAIN, sticky_enabled: false };
    const use = used({ premium: 0, standard: 0, economy: 0 });
    expect(chooseLabel(chain, use, standard)).toMatchObject({ label: 'premium', reason: 'NORMAL' });
    const spent = used({ premium: 100, standard: 0, economy: 0 });
    expect(chooseLabel(chain, spent, undefined)).toMatchObject({
      label: 'standard',
      reason: 'QUOTA_EXCEEDED_PREMIUM',
      advance_to: null,
      sticky_active: false,
    });
  });
  test('an ordering that changed meanwhile keeps its place: by label, else by number', () => {
    const use = used({ a: 0, premium: 0, standard: 0, economy: 0 });
    const longer = ['a', ...LABELS];
    const changed = { ...CHAIN, ordering: longer, sticky_ordering: longer };
    expect(chooseLabel(changed, use, standard).label).toBe('standard');
    const others = ['premium', 'economy'];
    const without = { ...CHAIN, ordering: others, sticky_ordering: others };
    expect(chooseLabel(without, use, standard).label).toBe('economy');
    expect(chooseLabel(without, use, { label: 'gone', index: 7 }).label).toBe('economy');
  });
});

describe("an application's own ordering under its organization's quotas", () => {
  const standard = { label: 'standard', index: 1 };
  const own = (ordering: readonly string[]): Chain => ({ ...CHAIN, ordering });

  test('labels that the organization has passed are passed for it too', () => {
    const use = used({ premium: 0, standard: 0, economy: 0 });
    const chosen = chooseLabel(own(['premium', 'economy']), use, standard);
    expect(chosen).toMatchObject({ label: 'economy', reason: 'STICKY_FALLBACK' });
  });
  test('what it skips moves the organization no further than its own quotas do', () => {
    const use = used({ premium: 100, standard: 0, economy: 0 });
    const chosen = chooseLabel(own(['premium', 'economy']), use, undefined);
    expect(chosen).toMatchObject({ label: 'economy', reason: 'QUOTA_EXCEEDED_PREMIUM' });
    expect(chosen.advance_to).toBe('standard');
  });
  test('an application that starts further down is in its normal state', () => {
    const use = used({ premium: 0, standard: 0, economy: 0 });
    const chosen = chooseLabel(own(['economy']), use, undefined);
    expect(chosen).toMatchObject({ label: 'economy', reason: 'NORMAL', advance_to: null });
  });
});
