/** What gets through the path matcher is always a path of ours, and nothing makes it throw. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchModelPath } from '../../../src/gateway/wire/path.ts';

const bounds = { interruptAfterTimeLimit: 1000, numRuns: 1000 };
const piece = fc.oneof(
  fc.constantFrom(
    '/',
    'model',
    'converse',
    'invoke',
    '..',
    '.',
    '%2F',
    '%2e',
    '%25',
    '%',
    ':',
    '?',
  ),
  fc.string({ maxLength: 6 }),
);

test('a forwarded path has three segments, no dots among them, and matches itself again', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const path = `/model/${pieces.join('')}/converse`;
      const match = matchModelPath(path);
      if (match.kind !== 'operation') return;
      const url = new URL(match.forwardPath, 'http://upstream');
      expect(url.pathname).toBe(match.forwardPath);
      expect(match.forwardPath.split('/')).toHaveLength(4);
      expect(decodeURIComponent(match.forwardPath.split('/')[2] ?? '')).toBe(match.modelId);
      expect(matchModelPath(match.forwardPath)).toMatchObject({ modelId: match.modelId });
    }),
    bounds,
  );
});

test('any string is answered without throwing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (path) => {
      expect(matchModelPath(path).kind).toBeTypeOf('string');
      expect(matchModelPath(`/model/${path}`).kind).not.toBe('not_inference');
    }),
    bounds,
  );
});
