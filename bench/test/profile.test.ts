/** Where a profile says that the time went. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { profileTables } from '../profile.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tollkeeper-profile-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function frame(functionName: string, url: string): object {
  return { functionName, url, lineNumber: 9 };
}

describe('profileTables', () => {
  it('adds own time by place and function, all time by ours, of measured stretches only', () => {
    const ours = 'file:///x/packages/server/src/gateway/pipeline.ts';
    const theirs = 'file:///x/node_modules/undici/lib/client.js';
    const profile = {
      nodes: [
        { id: 1, callFrame: frame('(root)', ''), children: [2, 5] },
        { id: 2, callFrame: frame('handle', ours), children: [3] },
        { id: 3, callFrame: frame('dispatch', theirs), children: [4] },
        { id: 4, callFrame: frame('handle', ours) },
        { id: 5, callFrame: frame('(idle)', '') },
      ],
      startTime: 5_000_000,
      samples: [3, 2, 3, 4, 5, 3],
      timeDeltas: [9000, 1000, 2000, 1000, 96_000, 9000],
    };
    writeFileSync(join(directory, 'a.cpuprofile'), JSON.stringify(profile));
    const [place, self, total] = profileTables(directory, [
      { fromMs: 5009.5, toMs: 5110, calls: 2 },
    ]);
    expect(place?.title).toContain('busy 4 ms');
    expect(place?.rows).toEqual([
      ['server/src/gateway/pipeline.ts', '50.0 %', '1000.0'],
      ['undici', '50.0 %', '1000.0'],
    ]);
    expect(self?.rows[0]).toEqual(['handle server/src/gateway/pipeline.ts:10', '50.0 %', '1000.0']);
    expect(total?.rows).toEqual([
      ['handle server/src/gateway/pipeline.ts:10', '100.0 %', '2000.0'],
    ]);
  });
});
