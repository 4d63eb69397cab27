/** Listening to usage as it happens: in order, bounded, and ended at once. */
import { expect, it } from 'vitest';
import {
  EVENTS_MAX,
  LISTENERS_MAX,
  LiveTail,
  OPERATOR_LISTENERS_MIN,
  ORG_LISTENERS_MAX,
  tailing,
  type TailEvent,
  type TailListener,
} from '../../src/admin/live-tail.ts';
import type { News } from '../../src/ports/fellows.ts';
import type { Refusal } from '../../src/ports/telemetry.ts';
import { anEntry, START } from './control-plane.ts';

const REFUSAL: Refusal = {
  at: START,
  request_id: 'r',
  org_id: 'o',
  app_id: 'web',
  user_id: null,
  key_id: 'k',
  model_id: 'm',
  error: 'ThrottlingException',
  reason: 'rate_limit',
};

function listener(tail: LiveTail, filter: Parameters<LiveTail['listen']>[0] = {}): TailListener {
  const heard = tail.listen(filter);
  if (heard === undefined) throw new Error('too many');
  return heard;
}

async function take(from: TailListener, count: number): Promise<(TailEvent | undefined)[]> {
  const events = [];
  for (let i = 0; i < count; i++) events.push((await from.next()).value);
  return events;
}

const idOf = (event: TailEvent | undefined): string | number | undefined => {
  if (event?.type === 'entry') return event.entry.entry_id;
  return event?.type === 'refusal' ? event.refusal.request_id : event?.missed;
};

it('tells every listener what happens, in order, whether it waits or comes later', async () => {
  const tail = new LiveTail();
  const [early, late] = [listener(tail), listener(tail)];
  const waiting = early.next();
  tail.settled(anEntry({ entry_id: '1' }));
  tail.refused(REFUSAL);
  tail.settled(anEntry({ entry_id: '2' }));
  expect(idOf((await waiting).value)).toBe('1');
  expect((await take(early, 2)).map(idOf)).toEqual(['r', '2']);
  expect((await take(late, 3)).map(idOf)).toEqual(['1', 'r', '2']);
});

it('tells entries and refusals in the words of the API', async () => {
  const tail = new LiveTail();
  const heard = listener(tail);
  tail.settled(anEntry({ entry_id: '1' }));
  tail.refused(REFUSAL);
  const [entry, refusal] = await take(heard, 2);
  expect(entry).toMatchObject({
    type: 'entry',
    entry: { cost_usd: '0.00025', started_at: '2026-11-22T14:33:00.000Z' },
  });
  expect(entry).not.toHaveProperty('entry.sequence');
  expect(refusal).toEqual({
    type: 'refusal',
    refusal: { ...REFUSAL, at: '2026-11-22T14:33:00.000Z' },
  });
});

it('narrows by whose, which model and what', async () => {
  const model_id = 'us.anthropic.claude-3-haiku-20240307-v1:0';
  const foundation = 'anthropic.claude-3-haiku-20240307-v1:0';
  const filters = [
    { org_id: 'o' },
    { org_id: 'p' },
    { app_id: 'web' },
    { user_id: 'ann' },
    { key_id: 'k' },
    { model_id: foundation },
    { model_id },
    { kind: 'refusal' as const },
  ];
  const heard = [];
  for (const filter of filters) {
    const tail = new LiveTail();
    const one = listener(tail, filter);
    tail.settled(anEntry({ entry_id: '1' }));
    tail.settled(
      anEntry({ entry_id: '2', org_id: 'p', app_id: 'batch', user_id: 'ann', model_id }),
    );
    tail.refused(REFUSAL);
    tail.settled(anEntry({ entry_id: 'end', ...filter, kind: undefined } as never));
    const ids = [];
    if (filter.kind === 'refusal') ids.push(idOf((await one.next()).value));
    else {
      for await (const event of one) {
        if (idOf(event) === 'end') break;
        ids.push(idOf(event));
      }
    }
    heard.push(ids);
  }
  expect(heard).toEqual([['1', 'r'], ['2'], ['1', 'r'], ['2'], ['r'], ['1', '2'], ['2'], ['r']]);
});

it('tells a slow listener how many it missed, where it missed them', async () => {
  const tail = new LiveTail();
  const slow = listener(tail);
  for (let i = 0; i < EVENTS_MAX + 7; i++) tail.settled(anEntry({ entry_id: String(i) }));
  const first = await take(slow, EVENTS_MAX);
  expect([idOf(first[0]), idOf(first.at(-1))]).toEqual(['0', String(EVENTS_MAX - 1)]);
  tail.settled(anEntry({ entry_id: 'after' }));
  expect((await take(slow, 2)).map(idOf)).toEqual([7, 'after']);
});

it('tells what was missed also when nothing follows', async () => {
  const tail = new LiveTail();
  const slow = listener(tail);
  for (let i = 0; i < EVENTS_MAX + 3; i++) tail.refused(REFUSAL);
  await take(slow, EVENTS_MAX);
  expect((await take(slow, 1)).map(idOf)).toEqual([3]);
});

it('has a bound on listeners, and takes new ones when old ones have left', () => {
  const tail = new LiveTail();
  const all = Array.from({ length: LISTENERS_MAX }, () => listener(tail));
  expect(tail.listen({})).toBeUndefined();
  void all[0]?.return();
  expect(tail.listen({})).toBeDefined();
});

it('lets no organization take the listeners of others, nor those of the operator', () => {
  const tail = new LiveTail();
  let taken = 0;
  for (let org = 0; org < LISTENERS_MAX; org++) {
    const own = [];
    while (own.length < LISTENERS_MAX) {
      const one = tail.listen({}, `org-${org}`);
      if (one === undefined) break;
      own.push(one);
    }
    if (org === 0) expect(own).toHaveLength(ORG_LISTENERS_MAX);
    taken += own.length;
  }
  expect(taken).toBe(LISTENERS_MAX - OPERATOR_LISTENERS_MIN);
  for (let i = 0; i < OPERATOR_LISTENERS_MIN; i++) listener(tail);
  expect(tail.listen({})).toBeUndefined();
});

it('ends a listener at once, also while it waits', async () => {
  const tail = new LiveTail();
  const one = listener(tail);
  const waiting = one.next();
  tail.end();
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(await one.next()).toEqual({ value: undefined, done: true });
  expect(tail.heard).toBe(false);
});

it('is not asked to do anything while nobody listens', () => {
  const done: string[] = [];
  const note = (what: string) => () => void done.push(what);
  const telemetry = { settled: note('s'), refused: note('r'), excess: note('e'), log: note('l') };
  const tail = new LiveTail();
  tail.settled = note('tail');
  tail.refused = note('tail');
  const both = tailing(telemetry, tail);
  both.settled(anEntry({ entry_id: '1' }));
  both.refused(REFUSAL);
  expect(done).toEqual(['s', 'r']);
  void listener(tail);
  both.settled(anEntry({ entry_id: '2' }));
  both.refused(REFUSAL);
  expect(done.slice(2)).toEqual(['s', 'tail', 'r', 'tail']);
});

it('is heard in another process, and tells it only while it listens', async () => {
  const told: News[] = [];
  const wanted: boolean[] = [];
  const fellows = {
    heard: false,
    listen: (wants: boolean) => void wanted.push(wants),
    tell: (news: News) => void told.push(news),
  };
  const here = new LiveTail(fellows);
  expect(here.heard).toBe(false);
  here.settled(anEntry({ entry_id: '1' }));
  fellows.heard = true;
  expect(here.heard).toBe(true);
  here.settled(anEntry({ entry_id: '2' }));
  here.refused(REFUSAL);
  expect(told.map(({ kind }) => kind)).toEqual(['settled', 'refused']);
  const [first, second] = [listener(here), listener(here)];
  for (const news of told) here.hear(news);
  expect((await take(first, 2)).map(idOf)).toEqual(['2', 'r']);
  expect(told).toHaveLength(2);
  await first.return();
  expect(wanted).toEqual([true]);
  await second.return();
  await second.return();
  expect(wanted).toEqual([true, false]);
});
