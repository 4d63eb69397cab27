/**
 * The table itself: names follow one rule, defaults are within their own bounds, all is described.
 */
import { expect, test } from 'vitest';
import { parseSetting } from '../../src/config/setting.ts';
import type { Setting } from '../../src/config/setting.ts';
import {
  SETTINGS,
  SETTING_GROUPS,
  SETTING_KEYS,
  fileKeyOf,
  flagOf,
  variableOf,
} from '../../src/config/settings.ts';

const rows = Object.entries<Setting>(SETTINGS);

test('the three spellings of a name', () => {
  expect(fileKeyOf('admissionWaitMs')).toBe('admission_wait_ms');
  expect(variableOf('admissionWaitMs')).toBe('TOLLKEEPER_ADMISSION_WAIT_MS');
  expect(flagOf('admissionWaitMs')).toBe('--admission-wait-ms');
  expect(flagOf('upstreamBearerToken')).toBeNull();
  expect(flagOf('modelLabels')).toBeNull();
});

test('no two groups declare the same setting', () => {
  const names = Object.values(SETTING_GROUPS).flatMap((group) => Object.keys(group));
  expect(names).toHaveLength(new Set(names).size);
  expect(names).toEqual(SETTING_KEYS);
});

test.each(rows)('%s has defaults that the setting itself would accept', (_key, setting) => {
  // Structures are written otherwise than they are kept: see `keeper-settings.test.ts`.
  if (setting.kind === 'structured') return;
  for (const value of [setting.default, setting.demo]) {
    if (value === null || value === undefined) continue;
    const given = Array.isArray(value) ? value : String(value);
    expect(parseSetting(setting, given)).toEqual({ kind: 'value', value });
  }
});

test.each(rows)('%s is described in sentences', (_key, setting) => {
  expect(setting.description).toMatch(/^[A-Z`].*\.$/);
});
