/** What a process remembers of budgets is as of one revision, however it came to know it. */
import { expect, test } from 'vitest';
import { budget, SUBJECT } from '@tollkeeper/testkit/conformance/fixtures';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import {
  changeAttributes,
  definitionAttributes,
  type Definition,
} from '../../../../src/adapters/dynamodb/budgets/definition-item.ts';
import { Definitions } from '../../../../src/adapters/dynamodb/budgets/definitions.ts';
import type { Item, ItemQuery } from '../../../../src/adapters/dynamodb/items/items.ts';
import {
  BUDGET_CHANGES_PARTITION,
  changeSort,
  definitionKey,
  REVISIONS,
} from '../../../../src/adapters/dynamodb/items/keys.ts';
import { NotReady } from '../../../../src/adapters/dynamodb/budgets/not-ready.ts';

/** A table in which budgets change at once, and during a query when that is wanted. */
class BudgetItems extends MemoryItems {
  revision = 0;
  queries = 0;
  /** What happens after the next query was answered. */
  meanwhile: () => Promise<void> = async () => {};

  override async query(query: ItemQuery): Promise<readonly Item[]> {
    this.queries += 1;
    const found = await super.query(query);
    const { meanwhile } = this;
    this.meanwhile = async () => {};
    await meanwhile();
    return found;
  }

  /** Puts a budget of an organization, or removes it. */
  async change(budgetId: string, orgId: string | null): Promise<void> {
    const revision = (this.revision += 1);
    const scope = { type: 'organization', org_id: orgId ?? '' } as const;
    const definition: Definition = {
      budget: budget({ budget_id: budgetId, scope }),
      since: 0,
      since_rev: revision,
      rev: revision,
      windows: [],
      whole: true,
    };
    const changed = { revision, budget_id: budgetId, definition: orgId ? definition : null };
    const log = { pk: BUDGET_CHANGES_PARTITION, sk: changeSort(revision) };
    for (const org of ['org', 'other']) {
      await this.writeEach([{ op: 'delete', key: definitionKey(org, budgetId) }]);
    }
    await this.writeEach([
      { op: 'put', item: { ...changeAttributes(changed, 1), ...log, v: 1 } },
      { op: 'put', item: { ...REVISIONS, v: revision, budgets: revision } },
    ]);
    if (orgId === null) return;
    const item = { ...definitionAttributes(definition), ...definitionKey(orgId, budgetId), v: 1 };
    await this.writeEach([{ op: 'put', item }]);
  }
}

const covering = (definitions: Definitions, org_id = 'org'): string[] =>
  definitions.covering({ ...SUBJECT, org_id }).map(({ budget: { budget_id } }) => budget_id);

test('an organization that was not read says so', () => {
  const definitions = new Definitions(new BudgetItems());
  expect(() => covering(definitions)).toThrow(NotReady);
});

test('an organization is read once, with the revision that it is as of', async () => {
  const items = new BudgetItems();
  await items.change('b', 'org');
  await items.change('a', 'org');
  const definitions = new Definitions(items);
  await Promise.all([definitions.load('org'), definitions.load('org')]);
  expect(covering(definitions)).toEqual(['a', 'b']);
  expect([definitions.known(), definitions.orgOf('a'), definitions.orgOf('c')]).toEqual([
    2,
    'org',
    undefined,
  ]);
  expect(items.queries).toBe(1);
});

test('what changes while an organization is read is applied to it', async () => {
  const items = new BudgetItems();
  await items.change('a', 'org');
  const definitions = new Definitions(items);
  items.meanwhile = async () => {
    await items.change('b', 'org');
    await items.change('a', null);
  };
  await definitions.load('org');
  expect([covering(definitions), definitions.known()]).toEqual([['b'], 3]);
});

test('nothing is decided by an organization that may be newer than what is known', async () => {
  const items = new BudgetItems();
  await items.change('a', 'other');
  const definitions = new Definitions(items);
  await definitions.load('other');
  await items.change('b', 'org');
  const seen: unknown[] = [];
  // The changes are read: the organization is there with the second one, the first is known.
  items.meanwhile = async () => {
    items.meanwhile = async () => {
      seen.push(definitions.known());
      expect(() => covering(definitions)).toThrow(NotReady);
    };
  };
  await definitions.load('org');
  expect([seen, definitions.known(), covering(definitions)]).toEqual([[1], 2, ['b']]);
});

test('catching up applies every change to every organization, removals and moves too', async () => {
  const items = new BudgetItems();
  await items.change('a', 'org');
  await items.change('b', 'other');
  const definitions = new Definitions(items);
  await definitions.load('org');
  await definitions.load('other');
  await items.change('c', 'org');
  await items.change('a', 'other');
  await items.change('b', null);
  await items.change('d', 'third');
  await definitions.catchUp(4);
  expect(definitions.known()).toBe(6);
  expect([covering(definitions), covering(definitions, 'other')]).toEqual([['c'], ['a']]);
  expect(definitions.orgOf('a')).toBe('other');
});

test('with a hole in the log of changes everything is read anew', async () => {
  const items = new BudgetItems();
  await items.change('a', 'org');
  const definitions = new Definitions(items);
  await definitions.load('org');
  await items.change('b', 'org');
  await items.change('c', 'org');
  const forgotten = { pk: BUDGET_CHANGES_PARTITION, sk: changeSort(2) };
  await items.writeEach([{ op: 'delete', key: forgotten }]);
  await definitions.catchUp(3);
  expect(definitions.known()).toBe(3);
  expect(() => covering(definitions)).toThrow(NotReady);
  await definitions.load('org');
  expect(covering(definitions)).toEqual(['a', 'b', 'c']);
});

test('of more organizations than it has room for the one that was read first goes', async () => {
  const items = new BudgetItems();
  await items.change('a', 'org');
  await items.change('b', 'other');
  const definitions = new Definitions(items, 1);
  await definitions.load('org');
  await definitions.load('other');
  expect(covering(definitions, 'other')).toEqual(['b']);
  expect(() => covering(definitions)).toThrow(NotReady);
  expect(definitions.orgOf('a')).toBeUndefined();
});
