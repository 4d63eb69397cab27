/** Many revisions are told as one, and nobody goes on before their own is known. */
import { expect, test } from 'vitest';
import { inOne } from '../../../../src/adapters/dynamodb/budgets/news-push.ts';

/** Pushes that end when the test says so. */
function slowPush() {
  const pushes: { revision: number; end: () => void; fail: () => void }[] = [];
  const push = (revision: number): Promise<void> =>
    new Promise((resolve, reject) => {
      pushes.push({ revision, end: resolve, fail: () => reject(new Error('away')) });
    });
  return { pushes, push: inOne(push) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('those who come while one is told wait for it, and are told together', async () => {
  const { pushes, push } = slowPush();
  const done: number[] = [];
  const all = [3, 5, 4, 2].map((revision) => push(revision).then(() => done.push(revision)));
  await turn();
  expect(pushes.map(({ revision }) => revision)).toEqual([3]);
  pushes[0]?.end();
  await turn();
  expect(done).toEqual([3, 2]);
  expect(pushes.map(({ revision }) => revision)).toEqual([3, 5]);
  pushes[1]?.end();
  await Promise.all(all);
  await push(5);
  expect(pushes).toHaveLength(2);
});

test('what could not be told is told again by the next who asks', async () => {
  const { pushes, push } = slowPush();
  const first = push(1);
  pushes[0]?.fail();
  await expect(first).rejects.toThrow('away');
  const second = push(1);
  pushes[1]?.end();
  await second;
  expect(pushes).toHaveLength(2);
});
