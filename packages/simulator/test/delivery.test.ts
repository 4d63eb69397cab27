/** Every scripted fault looks to a client as the real one does, and the book tells the truth. */
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import type { Simulator } from '../src/index.ts';
import { ask, book, client, CLAUDE, decodeFrames, NOVA, onlyRow, question, start } from './rig.ts';

async function frames(simulator: Simulator, fault: string) {
  return decodeFrames(await (await ask(simulator, 'converse-stream', fault)).bytes());
}

async function drain(simulator: Simulator, fault: string, http1: boolean): Promise<string[]> {
  const sdk = client(simulator, { http1, headers: { 'x-simulator-fault': fault } });
  const { stream } = await sdk.send(new ConverseStreamCommand(question(CLAUDE)));
  const kinds: string[] = [];
  for await (const event of stream ?? []) kinds.push(Object.keys(event)[0] ?? '');
  return kinds;
}

describe('frames', () => {
  it('are decoded by another codec, each event with padding of its own', async () => {
    const all = await frames(await start(), '');
    const lengths = new Set(all.map(({ payload }) => String(payload['p']).length));
    expect(all.every(({ headers }) => headers[':message-type'] === 'event')).toBe(true);
    expect(lengths.size).toBeGreaterThan(5);
    expect(all.at(-1)?.headers[':event-type']).toBe('metadata');
  });

  it('carry as many pieces of text as asked for', async () => {
    const all = await frames(await start(), 'frames;count=7');
    const deltas = all.filter(({ headers }) => headers[':event-type'] === 'contentBlockDelta');
    expect(deltas).toHaveLength(7);
  });

  it('of a large answer all arrive', async () => {
    const simulator = await start();
    const all = await frames(simulator, 'tokens;mode=worst;output=4000, frames;count=4000');
    expect(all).toHaveLength(4004);
    expect((await onlyRow(simulator)).usage).toMatchObject({ output_tokens: 4000 });
  });

  it('that are paced arrive complete', async () => {
    const all = await frames(await start(), 'frames;count=5, pace;ms=2');
    expect(all).toHaveLength(9);
  });
});

describe.each([true, false])('a stream that breaks, HTTP/1.1 %s,', (http1) => {
  it.each([
    ['modelStreamErrorException', 'ModelStreamErrorException'],
    ['throttlingException', 'ThrottlingException'],
    ['internalServerException', 'InternalServerException'],
    ['serviceUnavailableException', 'ServiceUnavailableException'],
  ])('by an exception frame %s throws its class', async (name, thrown) => {
    const simulator = await start();
    const broken = drain(simulator, `exception;name=${name};after=4`, http1);
    await expect(broken).rejects.toMatchObject({ name: thrown });
    const row = await onlyRow(simulator);
    // Four frames: the opening and three pieces of four tokens.
    expect(row).toMatchObject({ outcome: 'broken', billed: true, fault: 'exception' });
    expect(row.usage).toMatchObject({ output_tokens: 12 });
  });

  it('by a clean end is billed whole', async () => {
    const simulator = await start();
    expect(await drain(simulator, 'truncate;after=4', http1)).toHaveLength(4);
    await drain(simulator, '', http1);
    const [cut, whole] = await book(simulator);
    expect(cut).toMatchObject({ outcome: 'broken', billed: true, usage: whole?.usage });
  });

  it('inside a frame is noticed by the SDK', async () => {
    const broken = drain(await start(), 'truncate;after=4;inside', http1);
    await expect(broken).rejects.toThrow('Truncated');
  });

  it('by a bad checksum is noticed by the SDK', async () => {
    await expect(drain(await start(), 'bad-crc;after=3', http1)).rejects.toThrow('checksum');
  });

  it('by a reset is an error of the connection', async () => {
    const simulator = await start();
    await expect(drain(simulator, 'reset;after=3', http1)).rejects.toThrow();
    expect(await onlyRow(simulator)).toMatchObject({ outcome: 'broken', client_gone: false });
  });

  it('never has its usage, however late it breaks', async () => {
    const kinds = await drain(await start(), 'truncate;after=100000', http1);
    expect(kinds.at(-1)).toBe('messageStop');
  });

  it('before any output is not billed', async () => {
    const simulator = await start();
    await expect(drain(simulator, 'exception;after=1', http1)).rejects.toThrow();
    expect(await onlyRow(simulator)).toMatchObject({
      outcome: 'failed',
      billed: false,
      usage: null,
    });
  });
});

describe.each([true, false])('a whole answer, HTTP/1.1 %s,', (http1) => {
  function send(simulator: Simulator, fault: string) {
    const sdk = client(simulator, { http1, headers: { 'x-simulator-fault': fault } });
    return sdk.send(new ConverseCommand(question(NOVA)));
  }

  it.each([
    ['throttle', 'ThrottlingException', 429, 'refused'],
    ['error;status=500', 'InternalServerException', 500, 'failed'],
    ['error;status=503', 'ServiceUnavailableException', 503, 'failed'],
    ['error;status=424', 'ModelErrorException', 424, 'failed'],
    ['error;status=408', 'ModelTimeoutException', 408, 'failed'],
    ['error;name=ModelNotReadyException', 'ModelNotReadyException', 429, 'refused'],
    ['error;name=AccessDeniedException', 'AccessDeniedException', 403, 'refused'],
    ['exception;name=throttlingException', 'ThrottlingException', 429, 'refused'],
  ])('scripted as %s is %s and not billed', async (fault, name, status, outcome) => {
    const simulator = await start();
    await expect(send(simulator, fault)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    });
    const row = await onlyRow(simulator);
    expect(row).toMatchObject({ outcome, status, billed: false, usage: null });
    expect(row.ended_at).not.toBeNull();
  });

  it('that is reset before its first byte is not billed', async () => {
    const simulator = await start();
    await expect(send(simulator, 'reset')).rejects.toThrow();
    expect(await onlyRow(simulator)).toMatchObject({ outcome: 'silent', billed: false });
  });

  it('that stops halfway is billed', async () => {
    const simulator = await start();
    await expect(send(simulator, 'truncate')).rejects.toThrow();
    expect(await onlyRow(simulator)).toMatchObject({ outcome: 'broken', billed: true });
  });

  it('may lack its usage, which the book has', async () => {
    const simulator = await start();
    expect((await send(simulator, 'no-usage')).usage).toBeUndefined();
    expect((await onlyRow(simulator)).usage?.['output_tokens']).toBeGreaterThan(0);
  });

  it('may bill more than it could', async () => {
    const simulator = await start();
    const usual = await send(simulator, '');
    const much = await send(simulator, 'usage;times=100');
    expect(much.usage?.outputTokens).toBe(100 * (usual.usage?.outputTokens ?? 0));
    expect((await book(simulator))[1]?.usage?.['output_tokens']).toBe(much.usage?.outputTokens);
  });
});

describe('a client that leaves', () => {
  const leave = async (simulator: Simulator, operation: string, fault: string) => {
    const leaving = new AbortController();
    const answer = fetch(`${simulator.url}/model/${NOVA}/${operation}`, {
      method: 'POST',
      headers: { authorization: 'Bearer simulator-bedrock-api-key', 'x-simulator-fault': fault },
      body: JSON.stringify({ messages: question(NOVA).messages }),
      signal: leaving.signal,
    }).catch(() => null);
    await onlyRow(simulator, (row) => row.fault !== null || row.served_tier !== null);
    leaving.abort();
    await answer;
    return onlyRow(simulator, (row) => row.client_gone);
  };

  it('in the middle of a stream is billed for the whole generation', async () => {
    const simulator = await start();
    const row = await leave(simulator, 'converse-stream', 'pace;ms=60000');
    await (await ask(simulator, 'converse-stream', '')).bytes();
    expect(row).toMatchObject({ outcome: 'completed', billed: true, client_gone: true });
    expect(row.usage).toEqual((await book(simulator))[1]?.usage);
  });

  it('before a slow answer is billed too', async () => {
    const row = await leave(await start(), 'converse', 'slow;ms=60000');
    expect(row).toMatchObject({ outcome: 'completed', billed: true, client_gone: true });
  });

  it('an upstream that never answers is not', async () => {
    const row = await leave(await start(), 'converse', 'hang');
    expect(row).toMatchObject({ outcome: 'silent', billed: false, fault: 'hang' });
  });
});
