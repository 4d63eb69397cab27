/** Vectors follow from the request, and each has length one. */
import { expect, it } from 'vitest';
import { invokeOnce } from '../rig.ts';

it('equal requests get equal vectors, and each text of a request its own', async () => {
  const asked = { texts: ['hello', 'you'], input_type: 'clustering' };
  const [one, other] = [
    await invokeOnce('cohere.embed-multilingual-v3', asked),
    await invokeOnce('cohere.embed-multilingual-v3', asked),
  ];
  expect(one.body).toEqual(other.body);
  const [first = [], second = []] = one.body['embeddings'] as number[][];
  expect(first).not.toEqual(second);
  expect(Math.hypot(...first)).toBeCloseTo(1, 6);
});
