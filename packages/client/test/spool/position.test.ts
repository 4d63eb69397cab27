/** How far the spool was delivered, across restarts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readPosition, writePosition } from '../../src/spool/position.ts';

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'tollkeeper-position-')), 'position.json');
});
afterEach(() => rmSync(join(file, '..'), { recursive: true, force: true }));

it('what was written last is read', async () => {
  await writePosition(file, { segment: 3, offset: 70 });
  await writePosition(file, { segment: 4, offset: 0 });
  expect(readPosition(file)).toEqual({ segment: 4, offset: 0 });
});

it.each([
  [''],
  ['{'],
  ['null'],
  ['{"segment":1}'],
  ['{"segment":-1,"offset":0}'],
  ['{"segment":"1","offset":0}'],
])('a file that says %j means the start: everything is sent again, nothing is left out', (text) => {
  writeFileSync(file, text);
  expect(readPosition(file)).toEqual({ segment: 0, offset: 0 });
});

it('no file means the start', () => {
  expect(readPosition(file)).toEqual({ segment: 0, offset: 0 });
});
