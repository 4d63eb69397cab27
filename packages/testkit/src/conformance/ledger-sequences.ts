/**
 * Random sequences of commands, told to a store and to the oracle alike: after every command both
 * have to have answered the same and to show the same budgets and holds, and in the end the same
 * entries and sums. Times are few and lie around the ends of windows; ids are few, so that commands
 * meet.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { subjectIn } from '@tollkeeper/core';
import type { Budget, Subject } from '@tollkeeper/core';
import type { Forgotten, LedgerStore, Stores } from '@tollkeeper/server';
import {
  budget,
  DAY,
  entry,
  HOUR,
  intent,
  MINUTE,
  NOON,
  postings,
  unknownUsage,
} from './ledger-fixtures.ts';

const TIMES = [0, 1, 29 * MINUTE, 30 * MINUTE, HOUR, 12 * HOUR, DAY].map((step) => NOON + step);

const at = fc.constantFrom(...TIMES);
const attempt = fc.integer({ min: 0, max: 7 });
const amount = fc.bigInt({ min: 0n, max: 60n });
const chance = fc.integer({ min: 0, max: 9 });

/** What a command is about; which members it uses depends on what it does. */
const step = fc.record({
  act: fc.constantFrom(
    'reserve',
    'reserve',
    'reserve',
    'settle',
    'settle',
    'recover',
    'release',
    'submit',
    'correct',
    'put_budget',
    'put_budget',
    'remove_budget',
    'change_catalog',
    'copy',
  ),
  attempt,
  instance: fc.constantFrom('i1', 'i2'),
  app: fc.constantFrom('a1', 'a2'),
  user: fc.constantFrom('u1', 'u2', null),
  label: fc.constantFrom('l1', 'l2', null),
  model: fc.constantFrom('m1', 'us.m1', 'm2'),
  at,
  usd: amount,
  spent: amount,
  chance,
  /** By what a submission may be known: an attempt, a request, an upstream's id. */
  known: fc.constantFrom(null, null, '1', '2', 'r0', 'r1', 'u1', 'u2'),
  budget: fc.integer({ min: 0, max: 3 }),
  scope: fc.constantFrom('organization', 'application', 'user'),
  window: fc.constantFrom('hour', 'day', 'total'),
  timezone: fc.constantFrom('UTC', 'Asia/Kolkata'),
  unit: fc.constantFrom('usd', 'usd', 'tokens', 'requests'),
  limit: fc.bigInt({ min: 0n, max: 150n }),
  mode: fc.constantFrom('enforce', 'enforce', 'warn'),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Names that keep one sequence apart from all others on the same store. */
interface Names {
  readonly org: string;
  readonly id: (name: string | number) => string;
}

/**
 * Plays random sequences until the time is up; a failure prints the seed and the shortest sequence.
 */
export async function playSequences(
  store: Stores,
  oracle: Stores,
  { milliseconds, seed }: { milliseconds: number; seed?: number },
): Promise<number> {
  let sequences = 0;
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 60 }),
    async (steps) => {
      const prefix = `${(sequences += 1)}`;
      const names = { org: `org-${prefix}`, id: (name: string | number) => `${prefix}-${name}` };
      try {
        await playSequence(store, oracle, steps, names);
      } catch (error) {
        // What this one has left would be in the way of shorter ones.
        await Promise.all([store, oracle].map(({ ledger }) => forgetAll(ledger, names)));
        throw error;
      }
    },
  );
  const bounds = {
    numRuns: 10_000,
    plugins: [fc.interruptAfterTimeLimit(milliseconds)],
    ...(seed === undefined ? {} : { seed }),
  };
  const played = await fc.check(property, bounds);
  // A slow store may come to the end of no sequence: what it played of one was right.
  if (played.counterexample !== null) {
    throw new Error(fc.defaultReportMessage(played), { cause: played.errorInstance });
  }
  return sequences;
}

async function playSequence(
  store: Stores,
  oracle: Stores,
  steps: readonly Step[],
  names: Names,
): Promise<void> {
  for (const [index, given] of steps.entries()) {
    const about = `step ${index}: ${given.act}`;
    expect(await play(store, given, names), about).toEqual(await play(oracle, given, names));
    expect(await shown(store.ledger, given, names), about).toEqual(
      await shown(oracle.ledger, given, names),
    );
  }
  expect(await reportsOf(store.ledger, names)).toEqual(await reportsOf(oracle.ledger, names));
  // The next sequence meets no entries of this one: what it lets go would be those.
  const [left, right] = [
    await forgetAll(store.ledger, names),
    await forgetAll(oracle.ledger, names),
  ];
  expect(left).toEqual(right);
  expect(left.kept).toBe(0);
}

async function play({ ledger, catalog }: Stores, given: Step, names: Names): Promise<unknown> {
  const attemptId = names.id(given.attempt);
  const subject = subjectOf(given, names);
  const instance_id = names.id(given.instance);
  switch (given.act) {
    case 'reserve':
      return ledger.reserve({
        instance_id,
        intent: intent(attemptId, { subject, at: given.at, ...requestOf(given, names) }),
        amounts: { usd: given.usd, tokens: given.usd * 2n, requests: 1n },
        catalog_revision: (await catalog.revision()) - (given.chance === 0 ? 1 : 0),
      });
    case 'settle':
    case 'recover':
      return settleStep(ledger, given, names);
    case 'release':
      return ledger.release(attemptId);
    case 'submit':
    case 'correct':
      return recordStep(ledger, given, names);
    case 'put_budget':
      return ledger.putBudget({ budget: budgetOf(given, names), at: given.at });
    case 'remove_budget':
      return ledger.removeBudget(names.id(`b${given.budget}`));
    case 'copy':
      return forgetStep(ledger, given, names);
    case 'change_catalog':
      return catalog.put({ kind: 'setting', id: names.id('s'), parent: '', value: given.chance });
  }
}

/** Settles for the subject of the hold, as a gateway does; without one, for that of the step. */
async function settleStep(ledger: LedgerStore, given: Step, names: Names): Promise<unknown> {
  const attemptId = names.id(given.attempt);
  const instance_id = names.id(given.instance);
  const recovered = given.act === 'recover';
  const open = (await holdsOf(ledger, names)).find((hold) => hold.intent.attempt_id === attemptId);
  const before = (await ledger.entries({ org_id: names.org, request_id: attemptId, limit: 1 }))
    .entries[0];
  const subject = open?.intent.subject ?? (before === undefined ? {} : subjectIn(before));
  const unknown = recovered || given.chance < 3 ? unknownUsage(given.usd) : {};
  const draft = entry(attemptId, unknown.cost ?? given.spent, {
    ...subjectOf(given, names),
    ...subject,
    ...unknown,
    ...(open === undefined ? {} : { request_id: open.intent.request_id }),
    upstream_request_id: given.chance === 4 ? null : names.id(`u${given.attempt}`),
    started_at: given.at,
    ...(recovered ? { outcome: 'interrupted' } : {}),
    ...(given.chance === 9 ? { priced: 'partly' } : {}),
  });
  return ledger.settle({
    instance_id,
    entry: draft,
    postings: postings(draft, given.spent),
    origin: recovered ? 'recovery' : 'attempt',
    correction_id: names.id(`c${given.attempt}-${given.chance}`),
  });
}

async function recordStep(ledger: LedgerStore, given: Step, names: Names): Promise<unknown> {
  const correction = given.act === 'correct';
  const draft = entry(names.id(given.attempt), given.spent, {
    ...subjectOf(given, names),
    ...(given.chance < 3 ? { ...unknownUsage(given.usd), cost: 0n } : {}),
    entry_id: names.id(`${given.act}-${given.attempt}`),
    entry_type: correction ? 'correction' : 'submission',
    corrects_entry_id: correction ? correctedIn(given, names) : null,
    upstream_request_id: given.chance < 6 ? names.id(`u${given.attempt}`) : null,
    source: correction ? 'job' : 'submitted',
    started_at: given.at,
  });
  const negative = { amount: -given.usd, ceiling: 0n };
  return ledger.record({
    instance_id: names.id(given.instance),
    entry: draft,
    postings: correction ? { ...postings(draft), usd: negative } : postings(draft),
    at: given.at,
    cause: correction ? 'correction' : 'submitted',
    ...(given.known === null ? {} : { known_as: [names.id(given.known), names.id(given.attempt)] }),
    ...(given.chance === 0 ? { catalog_revision: 0 } : {}),
  });
}

/** Some corrections are of submissions. */
function correctedIn({ attempt: number, chance: chosen }: Step, names: Names): string {
  return names.id(chosen > 6 ? `submit-${number}` : number);
}

/** Some attempts repeat a request. */
function requestOf({ attempt: number, chance: chosen }: Step, names: Names): object {
  return chosen < 4 ? { request_id: names.id(`r${number % 2}`) } : {};
}

/** Notes a part of one writer's entries as copied, and lets the oldest go. */
async function forgetStep(ledger: LedgerStore, given: Step, names: Names): Promise<unknown> {
  const through = { writer_id: names.id(given.instance), sequence: given.chance };
  await ledger.markCopied('export', through);
  return ledger.forgetEntries({ before: given.at, limit: 5 });
}

async function forgetAll(ledger: LedgerStore, names: Names): Promise<Forgotten> {
  for (const writer of ['i1', 'i2']) {
    await ledger.markCopied('export', { writer_id: names.id(writer), sequence: 1_000 });
  }
  return ledger.forgetEntries({ before: NOON + 9 * DAY, limit: 1_000 });
}

function subjectOf(given: Step, names: Names): Subject {
  return {
    org_id: names.org,
    app_id: given.app,
    user_id: given.user,
    key_id: null,
    label: given.label,
    model_id: given.model,
  };
}

function matchOf({ chance: chosen, label, model }: Step): Budget['match'] {
  if (chosen < 2) return { label: label ?? 'l1' };
  return chosen < 5 ? { model_id: model } : null;
}

function budgetOf(given: Step, names: Names): Budget {
  const scopes = {
    organization: { type: 'organization', org_id: names.org },
    application: { type: 'application', org_id: names.org, app_id: given.app },
    user: { type: 'user', org_id: names.org, user_id: given.user ?? 'u1' },
  } as const;
  return budget({
    budget_id: names.id(`b${given.budget}`),
    scope: scopes[given.scope],
    match: matchOf(given),
    limit: { unit: given.unit, amount: given.limit },
    window: given.window,
    timezone: given.timezone,
    mode: given.mode,
  });
}

/** What a store shows after a step. */
function shown(ledger: LedgerStore, given: Step, names: Names): Promise<unknown> {
  return Promise.all([
    ledger.budgets(NOON, names.org),
    ledger.budgets(given.at, names.org),
    holdsOf(ledger, names),
    posted(ledger, given, names),
  ]);
}

/** What is asked of the step's own budget, which need not be there. */
function posted(ledger: LedgerStore, given: Step, names: Names): Promise<unknown> {
  const asked = budgetOf(given, names);
  return Promise.all([
    ledger.budgetStates([asked.budget_id, names.id('b0')], given.at),
    ledger.postedSince(asked, NOON, given.at),
    ledger.labelSums({ org_id: names.org, from: NOON, to: NOON + 12 * HOUR }),
  ]);
}

async function holdsOf(ledger: LedgerStore, names: Names): ReturnType<LedgerStore['holds']> {
  const both = await Promise.all([ledger.holds(names.id('i1')), ledger.holds(names.id('i2'))]);
  return both.flat();
}

async function reportsOf(ledger: LedgerStore, names: Names): Promise<unknown> {
  const writers = [names.id('i1'), names.id('i2')];
  return {
    entries: await ledger.entries({ org_id: names.org, limit: 1_000 }),
    byUser: await ledger.summary({ org_id: names.org, group_by: ['user_id', 'hour'] }),
    byApp: await ledger.summary({ org_id: names.org, group_by: ['app_id'] }),
    byLabel: await ledger.summary({
      org_id: names.org,
      label: 'l1',
      group_by: ['label', 'source'],
    }),
    labels: await ledger.labelSums({ org_id: names.org, from: NOON, to: NOON + 12 * HOUR }),
    labelsOfApp: await ledger.labelSums({
      org_id: names.org,
      app_id: 'a1',
      from: NOON,
      to: NOON + DAY,
    }),
    writers: (await ledger.writers()).filter(({ writer_id }) => writers.includes(writer_id)),
    log: await ledger.entriesOfWriter(names.id('i1'), 0, 1_000),
  };
}
