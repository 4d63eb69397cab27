/** Which runs count: every rule is broken once, alone, and has to be named. */
import { describe, expect, it } from 'vitest';
import {
  faultsOfEntries,
  faultsOfLatency,
  faultsOfThroughput,
  faultsOfUpstream,
  type RunFacts,
} from '../validity.ts';

const GOOD: RunFacts = {
  label: 'gateway',
  wrong: 0,
  firstFault: null,
  subjectShare: 0.99,
  othersShare: 0.005,
  stealShare: 0,
  affinities: ['1'],
  core: 1,
};

describe('a throughput run', () => {
  it('counts when the program filled its own core undisturbed', () => {
    expect(faultsOfThroughput(GOOD)).toEqual([]);
    expect(faultsOfThroughput({ ...GOOD, subjectShare: 0.95, othersShare: 0.05 })).toEqual([]);
  });

  it.each<[string, Partial<RunFacts>, RegExp]>([
    ['left some of its core unused', { subjectShare: 0.949 }, /used 94\.9 % of its core/],
    ['shared its core with others', { othersShare: 0.051 }, /other programs took 5\.1 %/],
    ['lost its core to other machines', { stealShare: 0.06 }, /hypervisor took 6\.0 %/],
    ['had a thread that could run elsewhere', { affinities: ['1', '0-1'] }, /cores 1 and 0-1/],
    [
      'was pinned to another core than was measured',
      { affinities: ['0'] },
      /cores 0, not only on 1/,
    ],
    ['was answered wrong', { wrong: 2, firstFault: '503' }, /2 answers .* wrong: 503/],
  ])('is void when the program %s', (_, change, fault) => {
    const faults = faultsOfThroughput({ ...GOOD, ...change });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });
});

describe('an open-loop run', () => {
  it('need not fill its core, but calls have to leave in time', () => {
    const idle = { ...GOOD, subjectShare: 0.2, othersOnLoadCore: 0.01 };
    expect(faultsOfLatency({ ...idle, latenessP99Ms: 2 })).toEqual([]);
    expect(faultsOfLatency({ ...idle, latenessP99Ms: 2.01 })).toHaveLength(1);
  });

  it('is void when others disturbed the load or the program', () => {
    const disturbed = { ...GOOD, othersShare: 0.2, othersOnLoadCore: 0.1, latenessP99Ms: 0.2 };
    expect(faultsOfLatency(disturbed)).toEqual([
      'other programs took 10.0 % of the core of the load',
      'other programs took 20.0 % of the core of gateway',
    ]);
  });
});

describe('the upstream', () => {
  it('has to sustain twice the relay by itself', () => {
    expect(faultsOfUpstream(20_000, 10_000)).toEqual([]);
    expect(faultsOfUpstream(19_900, 10_000)[0]).toMatch(/sustained 1\.99 times the relay/);
  });
});

describe('the entries', () => {
  it('have to agree with what was asked in every figure', () => {
    const totals = {
      requests: 3,
      input_tokens: 261,
      output_tokens: 384,
      unknown_entries: 0,
      unpriced_entries: 0,
    };
    expect(faultsOfEntries(totals, totals)).toEqual([]);
    expect(faultsOfEntries(totals, { ...totals, requests: 2, unknown_entries: 1 })).toEqual([
      'entries: requests should be 3 and is 2',
      'entries: unknown_entries should be 0 and is 1',
    ]);
  });
});
