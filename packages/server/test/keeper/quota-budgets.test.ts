/** Budgets follow the quotas that settings state: which there are, and which of them enforce. */
import { describe, expect, test } from 'vitest';
import { formatUsd, type Budget } from '@tollkeeper/core';
import {
  QuotaBudgets,
  isQuotaBudget,
  quotaBudgetId,
  UNREGISTERED_MAX,
} from '../../src/keeper/quota-budgets.ts';
import { DEVELOPMENT_LABELS } from '../../src/config/model-labels.ts';
import { NO_DEFAULTS } from '../../src/config/keeper-defaults.ts';
import type { LedgerStore } from '../../src/ports/ledger-store.ts';
import { keeperWorld, NOW, ORG, type KeeperWorld } from './keeper-world.ts';

/** `org|app label USD mode posted` of every budget. */
async function budgetsOf({ ledger, clock }: KeeperWorld): Promise<readonly string[]> {
  const states = await ledger.budgets(clock.now(), ORG);
  return states.map(({ budget, balance }) => {
    const { scope, match, limit, mode } = budget;
    const whose = scope.type === 'application' ? scope.app_id : 'org';
    const label = match !== null && 'label' in match ? match.label : '';
    return `${whose} ${label} ${formatUsd(limit.amount)} ${mode} ${formatUsd(balance.posted)}`;
  });
}

async function definitionsOf({ ledger }: KeeperWorld): Promise<readonly Budget[]> {
  return (await ledger.budgets(NOW, ORG)).map(({ budget }) => budget);
}

describe('names', () => {
  test('tell the quotas of an organization, its applications and everybody else apart', () => {
    expect(quotaBudgetId(ORG, null, 'premium')).toBe(`quota:${ORG}:premium`);
    expect(quotaBudgetId(ORG, 'web', 'premium')).toBe(`quota:${ORG}:web:premium`);
    expect(isQuotaBudget(quotaBudgetId(ORG, 'web', 'premium'))).toBe(true);
    expect(isQuotaBudget('quota-of-ours')).toBe(false);
  });
});

describe('an organization with an application', () => {
  test('has both sets: those of the scope that counts enforce, the others count', async () => {
    const world = keeperWorld();
    await world.putOrganization();
    await world.putApplication('web', { model_ordering: ['standard'] });
    await world.keeper.quotas.reconcile(ORG);
    expect(await budgetsOf(world)).toEqual([
      'org economy 2 enforce 0',
      'org premium 10 enforce 0',
      'org standard 5 enforce 0',
      'web standard 5 warn 0',
    ]);
    const [economy] = await definitionsOf(world);
    expect(economy).toMatchObject({ window: 'day', timezone: 'America/New_York' });
    const web = (await definitionsOf(world)).at(-1);
    expect(web).toMatchObject({ alert_thresholds_pct: [] });
  });

  test('changes scope without losing what was spent', async () => {
    const world = keeperWorld();
    await world.putOrganization();
    await world.putApplication('web', { quotas: { premium: 3_000_000 } });
    await world.keeper.quotas.reconcile(ORG);
    await world.spend('premium', 1_250_000_000_000n);
    await world.putOrganization({ quota_scope: 'APP' });
    await world.keeper.quotas.reconcile(ORG);
    const budgets = await budgetsOf(world);
    expect(budgets).toContain('org premium 10 warn 1.25');
    expect(budgets).toContain('web premium 3 enforce 1.25');
  });

  test('gets a new quota with what the day has spent already', async () => {
    const world = keeperWorld();
    await world.putOrganization({ model_ordering: ['premium'], quotas: { premium: 1_000_000 } });
    await world.keeper.quotas.reconcile(ORG);
    await world.spend('standard', 2_000_000_000_000n);
    await world.putOrganization();
    await world.keeper.quotas.reconcile(ORG);
    expect(await budgetsOf(world)).toContain('org standard 5 enforce 2');
  });

  test('loses the budgets of labels that it gave up, and no others', async () => {
    const world = keeperWorld();
    await world.putOrganization();
    await world.putApplication('web');
    await world.keeper.quotas.reconcile(ORG);
    const own: Budget = {
      ...{ budget_id: 'ours', scope: { type: 'organization', org_id: ORG }, match: null },
      ...{ limit: { unit: 'usd', amount: 1n }, window: 'day', timezone: 'UTC', mode: 'warn' },
    };
    await world.ledger.putBudget({ budget: own, at: NOW });
    await world.putOrganization({ model_ordering: ['premium'], quotas: { premium: 1_000_000 } });
    await world.keeper.quotas.reconcile(ORG);
    const left = (await definitionsOf(world)).map(({ budget_id }) => budget_id);
    expect(left).toEqual([
      'ours',
      quotaBudgetId(ORG, null, 'premium'),
      quotaBudgetId(ORG, 'web', 'premium'),
    ]);
  });

  test('is put right on start, whatever was left half-way', async () => {
    const world = keeperWorld();
    await world.putOrganization();
    await world.putApplication('web');
    await world.keeper.quotas.reconcileAll();
    expect(await budgetsOf(world)).toHaveLength(6);
  });

  test('what its organization gave up is free to no application that still names it', async () => {
    const world = keeperWorld();
    await world.putOrganization();
    await world.putApplication('web', { model_ordering: ['premium', 'economy'] });
    await world.keeper.quotas.reconcile(ORG);
    await world.putOrganization({ model_ordering: ['economy'], quotas: { economy: 2_000_000 } });
    await world.keeper.quotas.reconcile(ORG);
    expect(await budgetsOf(world)).toEqual([
      'org economy 2 enforce 0',
      'web economy 2 warn 0',
      'web premium 0 enforce 0',
    ]);
    await world.putOrganization();
    await world.keeper.quotas.reconcile(ORG);
    expect(await budgetsOf(world)).toContain('web premium 10 warn 0');
  });

  test('an application is put right by itself', async () => {
    const world = keeperWorld();
    await world.putOrganization({ quota_scope: 'APP' });
    await world.putApplication('web');
    await world.keeper.quotas.reconcileApplication(ORG, 'web');
    await world.putApplication('web', { model_ordering: ['economy'], quotas: { economy: 7 } });
    await world.keeper.quotas.reconcileApplication(ORG, 'web');
    expect(await budgetsOf(world)).toEqual(['web economy 0.000007 enforce 0']);
  });

  test('settings that change while budgets are written win', async () => {
    const world = keeperWorld();
    await world.putOrganization();
    let changed = false;
    const slow: LedgerStore = new Proxy(world.ledger, {
      get: (target, name) => {
        const own: unknown = Reflect.get(target, name);
        if (name !== 'putBudget') {
          return typeof own === 'function' ? (own.bind(target) as unknown) : own;
        }
        return async (command: Parameters<LedgerStore['putBudget']>[0]) => {
          // Another process changes the settings, and its budgets, just before this one writes.
          if (!changed) {
            changed = true;
            await world.putOrganization({ quotas: { premium: 1, standard: 1, economy: 1 } });
            await world.keeper.quotas.reconcile(ORG);
          }
          return world.ledger.putBudget(command);
        };
      },
    });
    const { catalog, clock } = world;
    const quotas = new QuotaBudgets({
      ...{ catalog, clock, ledger: slow, defaults: NO_DEFAULTS, labels: DEVELOPMENT_LABELS },
    });
    await quotas.reconcile(ORG);
    const limits = (await definitionsOf(world)).map(({ limit }) => limit.amount);
    expect(limits).toEqual([1_000_000n, 1_000_000n, 1_000_000n]);
  });
});

describe('an application that nobody registered', () => {
  test('gets budgets like so many others, and no more: a client names what it likes', async () => {
    const world = keeperWorld();
    await world.putOrganization({ quota_scope: 'APP', model_ordering: ['premium'] });
    await world.putApplication('web');
    const { configs, quotas } = world.keeper;
    const ensure = async (appId: string) => {
      const config = await configs.forApp(ORG, appId);
      return config && quotas.ensure(config);
    };
    await quotas.reconcile(ORG);
    const names = Array.from({ length: UNREGISTERED_MAX }, (_, i) => `app-${i}`);
    for (const name of names) expect(await ensure(name)).toBe(true);
    const before = await budgetsOf(world);
    expect(await ensure('one-too-many')).toBe(false);
    expect(await ensure('another')).toBe(false);
    expect(await budgetsOf(world)).toEqual(before);
    // A process that has just begun knows those that are there.
    const parts = { defaults: NO_DEFAULTS, labels: DEVELOPMENT_LABELS };
    const fresh = new QuotaBudgets({ ...world, ...parts });
    const known = await configs.forApp(ORG, 'app-7');
    expect(await (known && fresh.ensure(known))).toBe(true);
    // Whoever is registered is none of them.
    await world.putApplication('app-0');
    world.clock.set(NOW + 60_000);
    expect(await ensure('one-too-many')).toBe(true);
  });

  test('gets budgets of its own before its first usage, where those count', async () => {
    const world = keeperWorld();
    await world.putOrganization({ quota_scope: 'APP' });
    await world.putApplication('web');
    const config = await world.keeper.configs.forApp(ORG, 'free');
    if (config === undefined) throw new Error('There is no configuration.');
    await world.keeper.quotas.ensure(config);
    expect(await budgetsOf(world)).toContain('free premium 10 enforce 0');
    // Once is enough while the configuration counts.
    expect(world.keeper.quotas.ensure(config)).toBeUndefined();
    const registered = await world.keeper.configs.forApp(ORG, 'web');
    expect(registered && world.keeper.quotas.ensure(registered)).toBeUndefined();
    // They follow the settings like all others.
    await world.putOrganization();
    await world.keeper.quotas.reconcile(ORG);
    expect(await budgetsOf(world)).toContain('free premium 10 warn 0');
  });

  test('gets them by the settings of now, though a call is judged by those before', async () => {
    const world = keeperWorld();
    await world.putOrganization({ quota_scope: 'APP' });
    const before = await world.keeper.configs.forApp(ORG, 'free');
    if (before === undefined) throw new Error('There is no configuration.');
    // Another process changes the settings and has made the budgets by them.
    await world.putOrganization({
      ...{ quota_scope: 'APP', quotas: { premium: 1_000_000, standard: 0, economy: 0 } },
    });
    await world.keeper.quotas.reconcileApplication(ORG, 'free');
    await world.keeper.quotas.ensure(before);
    expect(await budgetsOf(world)).toContain('free premium 1 enforce 0');
  });

  test('needs none under the scope of its organization', async () => {
    const world = keeperWorld();
    await world.putOrganization();
    const config = await world.keeper.configs.forApp(ORG, 'free');
    expect(config && world.keeper.quotas.ensure(config)).toBeUndefined();
  });
});
