/** Usage: the enumerations that scripts switch on, and what may be asked. */
import type { EntrySource, EntryType, Priced, UsageSource } from '@tollkeeper/core';
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import {
  Entry,
  ENTRY_SOURCES,
  ENTRY_TYPES,
  PRICED,
  usage,
  USAGE_SOURCES,
} from '../../src/resources/usage.ts';

it('has the enumerations of the core, each in full', () => {
  const same = <T extends string>(ours: readonly T[], theirs: Record<T, true>): void => {
    expect(ours.toSorted()).toEqual(Object.keys(theirs).toSorted());
  };
  same<EntrySource>(ENTRY_SOURCES, { gateway: true, submitted: true, job: true });
  same<EntryType>(ENTRY_TYPES, { attempt: true, submission: true, correction: true });
  same<Priced>(PRICED, { yes: true, partly: true, no: true });
  same<UsageSource>(USAGE_SOURCES, { reported: true, estimated: true, unknown: true });
  expect(Entry.properties.outcome.enum).toEqual([
    'ok',
    'refused',
    'upstream_error',
    'broken',
    'interrupted',
  ]);
});

it.each([
  ['org_id', true],
  ['org_id,app_id,user_id,key_id,model_id,day,hour', true],
  ['', false],
  ['colour', false],
  ['org_id,', false],
  ['org_id, app_id', false],
])('groups by %j: %s', (group_by, expected) => {
  expect(Compile(usage.summarizeUsage.query).Check({ group_by })).toBe(expected);
});
