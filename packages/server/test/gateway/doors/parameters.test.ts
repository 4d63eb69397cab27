/** Parameters of the profiling door, by whichever of their names they come. */
import { expect, test } from 'vitest';
import { readParameters } from '../../../src/gateway/doors/parameters.ts';

test('each name of a parameter means the same', () => {
  const names = ['maxTokenCount', 'maxTokens', 'max_tokens', 'max_gen_len', 'max_tokens_to_sample'];
  for (const name of names) expect(readParameters({ [name]: 9 })).toMatchObject({ maxTokens: 9 });
  for (const name of ['topP', 'top_p', 'p']) {
    expect(readParameters({ [name]: 0.5 })).toMatchObject({ topP: 0.5 });
  }
  expect(readParameters({ stop: 'END' })).toMatchObject({ stop: ['END'] });
});

test('what is absent, null or an empty list was not given', () => {
  const nothing = {
    kind: 'parameters',
    maxTokens: undefined,
    temperature: undefined,
    topP: undefined,
    topK: undefined,
    stop: undefined,
    rest: {},
  };
  for (const given of [undefined, null, {}, { topP: null, stopSequences: [] }]) {
    expect(readParameters(given)).toEqual(nothing);
  }
});

test('what nobody knows goes on as it is', () => {
  expect(readParameters({ dimensions: 256, top_p: 1 })).toMatchObject({
    rest: { dimensions: 256 },
  });
});

test('wrong values are refused by name', () => {
  for (const [given, named] of [
    [[], 'parameters'],
    ['text', 'parameters'],
    [{ maxTokenCount: '4096' }, 'maxTokenCount'],
    [{ maxTokenCount: 0 }, 'maxTokenCount'],
    [{ maxTokenCount: 1.5 }, 'maxTokenCount'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ top_k: true }, 'topK'],
    [{ stopSequences: [1] }, 'stopSequences'],
    [{ maxTokens: 1, max_tokens: 2 }, 'maxTokens and max_tokens'],
  ] as const) {
    const read = readParameters(given);
    expect(read).toMatchObject({ kind: 'refused', error: 'ValidationException' });
    expect(read.kind === 'refused' ? read.message : '').toContain(named);
  }
});
