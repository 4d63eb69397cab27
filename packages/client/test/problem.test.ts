/** Problems of the background in words. */
import { expect, it } from 'vitest';
import { warn, wordsOf } from '../src/problem.ts';

it('an error is told with its cause, which is where fetch says why', () => {
  const cause = new Error('connect ECONNREFUSED 127.0.0.1:9');
  expect(wordsOf(new TypeError('fetch failed', { cause }))).toBe(
    'fetch failed: connect ECONNREFUSED 127.0.0.1:9',
  );
  expect(wordsOf(new Error('alone'))).toBe('alone');
  expect(wordsOf('text')).toBe('text');
});

it('without a listener a problem is a warning of the process', async () => {
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  warn({ kind: 'delivery', message: '3 reports wait' });
  expect(await warned).toMatchObject({ name: 'TollkeeperWarning', message: '3 reports wait' });
});
