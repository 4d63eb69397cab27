/** Prompt-cache counts: the first request with a prefix writes it, later ones read it. */
import { ConverseCommand, type ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { type CacheMode, PromptCache, promptTokens } from '../../src/generate/prompt-cache.ts';
import { type CacheTtl, fixed, type Piece, text } from '../../src/model/ask.ts';
import { client, CLAUDE, NOVA, onlyRow, start } from '../rig.ts';

const MINUTE = 60_000;
const point = (ttl: CacheTtl): Piece => ({ kind: 'checkpoint', ttl });
/** In worst mode as many tokens as characters. */
const words = (tokens: number): Piece => text('x'.repeat(tokens));

function counter(
  cache = new PromptCache(),
  model = 'a model',
  mode: CacheMode = 'memory',
  implicitTokens: number | null = null,
) {
  return (pieces: readonly Piece[], minutes = 0) =>
    cache.count(model, pieces, {
      tokens: 'worst',
      cache: mode,
      tokensMin: 1000,
      implicitTokens,
      nowMs: minutes * MINUTE,
    });
}

const counts = (input: number, cacheRead: number, cacheWrite5m: number, cacheWrite1h: number) => ({
  input,
  cacheRead,
  cacheWrite5m,
  cacheWrite30m: 0,
  cacheWrite1h,
});

describe('in memory mode', () => {
  const prompt = [fixed(10), words(2000), point('5m'), words(30)];

  it('a prefix is written once and then read', () => {
    const count = counter();
    expect(count(prompt)).toEqual(counts(30, 0, 2010, 0));
    expect(count(prompt)).toEqual(counts(30, 2010, 0, 0));
  });

  it('five minutes after its last use it is written again', () => {
    const count = counter();
    count(prompt, 0);
    expect(count(prompt, 4).cacheRead).toBe(2010);
    expect(count(prompt, 8.9).cacheRead).toBe(2010);
    expect(count(prompt, 13.9)).toEqual(counts(30, 0, 2010, 0));
  });

  it('an hour is an hour', () => {
    const count = counter();
    const long = [words(1500), point('1h'), words(5)];
    expect(count(long, 0)).toEqual(counts(5, 0, 0, 1500));
    expect(count(long, 59).cacheRead).toBe(1500);
  });

  it('writes are split by time to live, and a longer prompt reads its known part', () => {
    const count = counter();
    const both = [words(1000), point('1h'), words(400), point('5m'), words(7)];
    expect(count(both)).toEqual(counts(7, 0, 400, 1000));
    const longer = [...both, words(600), point('5m')];
    expect(count(longer)).toEqual(counts(0, 1400, 607, 0));
  });

  it('a prefix below the minimum is not cached', () => {
    const count = counter();
    const short = [words(999), point('5m'), words(1)];
    expect([count(short), count(short)]).toEqual([counts(1000, 0, 0, 0), counts(1000, 0, 0, 0)]);
  });

  it('another prefix or another model is not a hit', () => {
    const cache = new PromptCache();
    counter(cache)(prompt);
    expect(counter(cache, 'another model')(prompt).cacheRead).toBe(0);
    expect(counter(cache)([fixed(11), ...prompt.slice(1)]).cacheRead).toBe(0);
    cache.clear();
    expect(counter(cache)(prompt).cacheRead).toBe(0);
  });
});

describe('without memory', () => {
  const prompt = [words(1000), point('5m'), words(500), point('5m'), words(1)];

  it('write and read always do the same', () => {
    const [write, read] = (['write', 'read'] as const).map((mode) => counter(undefined, 'm', mode));
    expect([write?.(prompt), write?.(prompt)]).toEqual(Array(2).fill(counts(1, 0, 1500, 0)));
    expect([read?.(prompt), read?.(prompt)]).toEqual(Array(2).fill(counts(1, 1500, 0, 0)));
  });

  it('the body decides: some prompts read and some write, each always the same', () => {
    const seen = new Set<number>();
    for (let at = 0; at < 50; at++) {
      const pieces = [words(1000 + at), point('5m')];
      const first = counter(undefined, 'm', 'body')(pieces);
      expect(counter(undefined, 'm', 'body')(pieces, 100)).toEqual(first);
      seen.add(Math.sign(first.cacheRead));
    }
    expect(seen).toEqual(new Set([0, 1]));
  });
});

describe('over the wire', () => {
  const cached = (modelId: string, ttl?: '1h'): ConverseCommandInput => ({
    modelId,
    system: [
      { text: 'x'.repeat(8000) },
      { cachePoint: { type: 'default', ...(ttl === undefined ? {} : { ttl }) } },
    ],
    messages: [{ role: 'user', content: [{ text: 'hi' }] }],
  });

  it.each([CLAUDE, NOVA])('%s writes, then reads, and the totals add up', async (modelId) => {
    const simulator = await start();
    const sdk = client(simulator);
    const command = new ConverseCommand(cached(modelId));
    const [first, second] = [(await sdk.send(command)).usage, (await sdk.send(command)).usage];
    // 8000 bytes at four a token, and three that open the prompt.
    expect(first).toMatchObject({ cacheWriteInputTokens: 2003, cacheReadInputTokens: 0 });
    expect(first?.cacheDetails).toEqual([{ ttl: '5m', inputTokens: 2003 }]);
    expect(second).toMatchObject({ cacheWriteInputTokens: 0, cacheReadInputTokens: 2003 });
    expect(second?.inputTokens).toBe(first?.inputTokens);
    const sum = (second?.inputTokens ?? 0) + 2003 + (second?.outputTokens ?? 0);
    expect(second?.totalTokens).toBe(sum);
  });

  it('an hour is told apart in answer and book', async () => {
    const simulator = await start();
    const answer = await client(simulator).send(new ConverseCommand(cached(CLAUDE, '1h')));
    expect(answer.usage?.cacheDetails).toEqual([{ ttl: '1h', inputTokens: 2003 }]);
    expect((await onlyRow(simulator)).usage).toMatchObject({
      cache_write_1h_input_tokens: 2003,
      cache_write_5m_input_tokens: 0,
    });
  });

  it('a call that fails writes nothing', async () => {
    const simulator = await start();
    const command = new ConverseCommand(cached(CLAUDE));
    const failing = client(simulator, { headers: { 'x-simulator-fault': 'throttle' } });
    await expect(failing.send(command)).rejects.toThrow();
    const answer = await client(simulator).send(command);
    expect(answer.usage?.cacheWriteInputTokens).toBe(2003);
  });
});

describe('in implicit mode', () => {
  const long = [words(1501)];

  it('half of a prompt that is long enough is read, and nothing is written', () => {
    expect(counter(undefined, 'm', 'implicit')(long)).toEqual(counts(751, 750, 0, 0));
    expect(counter(undefined, 'm', 'implicit')([words(999)])).toEqual(counts(999, 0, 0, 0));
  });

  it('a stated number is read, at most the whole prompt', () => {
    expect(counter(undefined, 'm', 'implicit', 7)([words(10)])).toEqual(counts(3, 7, 0, 0));
    expect(counter(undefined, 'm', 'implicit', 70)([words(10)])).toEqual(counts(0, 10, 0, 0));
  });
});

it('a checkpoint of half an hour is a class of its own, and lives for that long', () => {
  const count = counter();
  const prompt = [words(2000), point('30m')];
  expect(count(prompt)).toEqual({ ...counts(0, 0, 0, 0), cacheWrite30m: 2000 });
  expect(count(prompt, 29)).toEqual(counts(0, 2000, 0, 0));
  expect(count(prompt, 60)).toEqual({ ...counts(0, 0, 0, 0), cacheWrite30m: 2000 });
});

it('a prompt counts the same whether or not it is cached', () => {
  expect(promptTokens([fixed(10), words(2000), point('5m'), words(30)], 'worst')).toBe(2040);
});
