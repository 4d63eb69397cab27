/** The document behind the sticky label: by scope, by day, forward only. */
import { describe, expect, test } from 'vitest';
import { effectiveConfig } from '../../src/keeper/effective.ts';
import { NO_DEFAULTS } from '../../src/config/keeper-defaults.ts';
import { stickyScopeOf, type StickyScope } from '../../src/keeper/sticky.ts';
import { application, keeperWorld, NOW, ORG, ORGANIZATION } from './keeper-world.ts';

const LABELS = ['premium', 'standard', 'economy'];
const DAY = 86_400_000;
const TODAY = 20_000 * DAY;
const scope: StickyScope = { org_id: ORG, app_id: null, timezone: 'UTC' };

test('whose label it is follows from whose quotas count', () => {
  const app = application('web');
  const config = effectiveConfig(ORGANIZATION, app, 'web', NO_DEFAULTS);
  const timezone = 'America/New_York';
  expect(stickyScopeOf(config)).toEqual({ org_id: ORG, app_id: null, timezone });
  const own = effectiveConfig({ ...ORGANIZATION, quota_scope: 'APP' }, app, 'web', NO_DEFAULTS);
  expect(stickyScopeOf(own)).toEqual({ org_id: ORG, app_id: 'web', timezone });
});

describe('a label', () => {
  test('has not moved before somebody moves it, and then stands there for all', async () => {
    const { keeper } = keeperWorld();
    expect(await keeper.sticky.read(scope, TODAY)).toBeUndefined();
    const moved = { label: 'standard', index: 1, since: NOW };
    expect(await keeper.sticky.advance(scope, TODAY, LABELS, 'standard')).toEqual(moved);
    expect(await keeper.sticky.read(scope, TODAY)).toEqual(moved);
  });

  test('goes forward only: who comes late with less is told where it is', async () => {
    const { keeper, clock } = keeperWorld();
    await keeper.sticky.advance(scope, TODAY, LABELS, 'economy');
    clock.set(NOW + 5_000);
    const furthest = { label: 'economy', index: 2, since: NOW };
    expect(await keeper.sticky.advance(scope, TODAY, LABELS, 'standard')).toEqual(furthest);
    expect(await keeper.sticky.advance(scope, TODAY, LABELS, 'economy')).toEqual(furthest);
    expect(await keeper.sticky.read(scope, TODAY)).toEqual(furthest);
  });

  test('is of one scope alone', async () => {
    const { keeper } = keeperWorld();
    await keeper.sticky.advance({ ...scope, app_id: 'web' }, TODAY, LABELS, 'economy');
    expect(await keeper.sticky.read(scope, TODAY)).toBeUndefined();
    expect(await keeper.sticky.read({ ...scope, app_id: 'other' }, TODAY)).toBeUndefined();
  });

  test('clears with the day', async () => {
    const { keeper } = keeperWorld();
    await keeper.sticky.advance(scope, TODAY, LABELS, 'economy');
    expect(await keeper.sticky.read(scope, TODAY + DAY)).toBeUndefined();
    await keeper.sticky.advance(scope, TODAY + DAY, LABELS, 'standard');
    expect(await keeper.sticky.read(scope, TODAY + DAY)).toMatchObject({ label: 'standard' });
  });

  test('of a new day is not moved by a call that began before midnight', async () => {
    const { keeper } = keeperWorld();
    await keeper.sticky.advance(scope, TODAY + DAY, LABELS, 'standard');
    const late = await keeper.sticky.advance(scope, TODAY, LABELS, 'economy');
    expect(late).toMatchObject({ label: 'economy' });
    expect(await keeper.sticky.read(scope, TODAY + DAY)).toMatchObject({ label: 'standard' });
  });

  test('counts for nothing once the organization lives in another time zone', async () => {
    const { keeper } = keeperWorld();
    await keeper.sticky.advance(scope, TODAY, LABELS, 'economy');
    const moved = { ...scope, timezone: 'Asia/Seoul' };
    expect(await keeper.sticky.read(moved, TODAY)).toBeUndefined();
    await keeper.sticky.advance(moved, TODAY - DAY, LABELS, 'standard');
    expect(await keeper.sticky.read(moved, TODAY - DAY)).toMatchObject({ label: 'standard' });
  });

  test('must be one of the ordering', async () => {
    const { keeper } = keeperWorld();
    await expect(keeper.sticky.advance(scope, TODAY, LABELS, 'gold')).rejects.toThrow('gold');
  });
});
