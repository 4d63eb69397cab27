/** Classes that calls are counted in: all that is shipped a price of, and nothing misspelt. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isCountedClass } from '../../src/pricing/counted-class.ts';

const SHIPPED = JSON.parse(
  readFileSync(new URL('../../data/prices.json', import.meta.url), 'utf8'),
) as { fields: string[]; rows: unknown[][] };

it('knows every class that has a shipped price', () => {
  const at = SHIPPED.fields.indexOf('usage_class');
  const classes = new Set(SHIPPED.rows.map((row) => String(row[at])));
  expect(classes.size).toBeGreaterThan(20);
  expect([...classes].filter((each) => !isCountedClass(each))).toEqual([]);
});

it('knows units by the names that replies give them', () => {
  for (const name of ['guardrail_new_policy_unit', 'web_search_request', 'prompt_router_request']) {
    expect(isCountedClass(name)).toBe(true);
  }
});

it('does not know what nothing is counted in', () => {
  for (const name of ['bananas', 'inputs', 'input_tokens', 'images', 'toString', '']) {
    expect(isCountedClass(name)).toBe(false);
  }
});
