/** Random faults come at the rate that was asked for, and again with the same seed. */
import { describe, expect, it } from 'vitest';
import { FaultMix } from '../../src/fault/mix.ts';
import { DEFAULT_SETTINGS } from '../../src/settings.ts';

const CALLS = 20_000;
const { fault_mix: MIX } = DEFAULT_SETTINGS;

function drawn(rate: number, seed: number, streamed: boolean): readonly (string | null)[] {
  const mix = new FaultMix(rate, MIX, seed);
  return Array.from({ length: CALLS }, () => mix.draw(streamed)).map((script) =>
    Object.keys(script).length === 1 ? null : JSON.stringify(script),
  );
}

describe('the mix', () => {
  it('hits a tenth of the calls when told to', () => {
    const hits = drawn(0.1, 7, true).filter((script) => script !== null).length;
    // Five standard deviations of 20,000 draws are about 212.
    expect(Math.abs(hits - CALLS / 10)).toBeLessThan(212);
  });

  it('is the same for the same seed and another for another', () => {
    expect(drawn(0.2, 7, true)).toEqual(drawn(0.2, 7, true));
    expect(drawn(0.2, 7, true)).not.toEqual(drawn(0.2, 8, true));
  });

  it('uses every fault of its list, and breaks no whole answer by a frame', () => {
    expect(new Set(drawn(1, 1, true)).size).toBe(MIX.length);
    const wholes = [...new Set(drawn(1, 1, false))].join(' ');
    expect(wholes).not.toMatch(/exception"|bad-crc/);
  });

  it('leaves calls alone at rate zero', () => {
    expect(new Set(drawn(0, 1, true))).toEqual(new Set([null]));
  });
});
