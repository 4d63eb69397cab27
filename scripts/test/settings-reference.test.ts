/** The generated pages name every setting, so that none is left to be guessed. */
import { expect, test } from 'vitest';
import {
  SETTINGS,
  SETTING_KEYS,
  fileKeyOf,
  flagOf,
  isFileOnly,
  variableOf,
} from '../../packages/server/src/config/settings.ts';
import { settingsFiles } from '../settings-reference.ts';

const { 'docs/reference/settings.md': page = '', '.env.example': example = '' } = settingsFiles();

test.each(SETTING_KEYS)('%s stands in both with its names and its description', (key) => {
  const place = isFileOnly(key) ? 'the file alone' : `\`${variableOf(key)}\``;
  expect(page).toContain(`| \`${fileKeyOf(key)}\` | ${place}`);
  expect(page).toContain(SETTINGS[key].description);
  if (isFileOnly(key)) return;
  const flag = flagOf(key);
  if (flag !== null) expect(page).toContain(`\`${flag}\``);
  expect(example).toMatch(new RegExp(`^# ${variableOf(key)}=`, 'm'));
});

test('the example sets nothing by itself', () => {
  expect(example.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
});

test('the example gives the numbers of the table', () => {
  expect(example).toContain('# TOLLKEEPER_PORT=8080\n');
  expect(example).toContain('# TOLLKEEPER_UPSTREAM_BEARER_TOKEN=\n');
  expect(Math.max(...example.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});
