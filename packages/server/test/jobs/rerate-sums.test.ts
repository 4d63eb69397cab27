/** The figures of a re-rating: counted by reason, and taken up from a record of any age. */
import { expect, it } from 'vitest';
import { RerateSums, type RerateFigures } from '../../src/jobs/rerate-sums.ts';

/** As a process of an earlier release wrote it. */
const OLD: RerateFigures = {
  scanned_entries: 10,
  corrected_entries: 1,
  unknown_entries: 4,
  unpriced_entries: 2,
  groups: [{ org_id: 'o', model_id: 'm', entries: 1, before_usd: '1', after_usd: '3' }],
};

it('goes on from a record that has no figure for what is not listed', () => {
  const entry = { org_id: 'o', model_id: 'm' };
  const sums = new RerateSums(OLD);
  sums.add(entry, { kind: 'not_listed' });
  sums.add(entry, { kind: 'unknown' });
  sums.add(entry, {
    kind: 'priced',
    before: 2_000_000_000_000n,
    after: 1_500_000_000_000n,
    correction: null,
  });
  expect(sums.figures(true)).toEqual({
    scanned_entries: 13,
    corrected_entries: 2,
    unknown_entries: 5,
    unlisted_entries: 1,
    unpriced_entries: 2,
    groups: [{ org_id: 'o', model_id: 'm', entries: 2, before_usd: '3', after_usd: '4.5' }],
  });
});

it('says of a dry run that nothing was corrected', () => {
  expect(new RerateSums(OLD).figures(false)).toMatchObject({ corrected_entries: 0 });
});
