/** Answers that are good for one revision of the catalogue. */
import { expect, it } from 'vitest';
import { KeptAnswers } from '../../src/credentials/kept-answers.ts';

const reading =
  (answer: string, keep = true) =>
  () =>
    Promise.resolve({ answer, keep });

it('gives what was read again, until a newer revision is seen', async () => {
  const kept = new KeptAnswers<string>(10);
  expect(kept.get('a')).toBeUndefined();
  expect(await kept.load('a', 1, reading('first'))).toBe('first');
  expect(await kept.load('a', 1, reading('second'))).toBe('first');
  expect([kept.get('a'), kept.revision]).toEqual(['first', 1]);
  kept.refresh(1);
  expect(kept.get('a')).toBe('first');
  kept.refresh(2);
  expect(kept.get('a')).toBeUndefined();
  expect(await kept.load('a', 2, reading('second'))).toBe('second');
});

it('reads once for all who ask at the same revision', async () => {
  const kept = new KeptAnswers<number>(10);
  let reads = 0;
  const read = async () => ({ answer: ++reads, keep: true });
  expect(await Promise.all([kept.load('a', 1, read), kept.load('a', 1, read)])).toEqual([1, 1]);
});

it('does not keep what a newer revision has overtaken, nor what is not to be kept', async () => {
  const kept = new KeptAnswers<string>(10);
  const late = Promise.withResolvers<{ answer: string; keep: boolean }>();
  const answer = kept.load('a', 1, () => late.promise);
  kept.refresh(2);
  late.resolve({ answer: 'old', keep: true });
  expect(await answer).toBe('old');
  expect(kept.get('a')).toBeUndefined();
  await kept.load('b', 2, reading('once', false));
  expect(kept.get('b')).toBeUndefined();
});

it('reads again after a reading that failed', async () => {
  const kept = new KeptAnswers<string>(10);
  const failing = kept.load('a', 1, () => Promise.reject(new Error('no store')));
  await expect(failing).rejects.toThrow('no store');
  expect(await kept.load('a', 1, reading('now'))).toBe('now');
});

it('keeps no more than its bound', async () => {
  const kept = new KeptAnswers<string>(2);
  for (const name of ['a', 'b', 'c']) await kept.load(name, 1, reading(name));
  expect(['a', 'b', 'c'].map((name) => kept.get(name))).toEqual([undefined, 'b', 'c']);
});
