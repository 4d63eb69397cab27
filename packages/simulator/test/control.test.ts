/** A harness can read the book, change the run, and see that it is up, without credentials. */
import { describe, expect, it } from 'vitest';
import type { Simulator } from '../src/index.ts';
import { ask, book, start } from './rig.ts';

const configure = (simulator: Simulator, settings: object): Promise<Response> =>
  fetch(`${simulator.url}/_simulator/config`, { method: 'POST', body: JSON.stringify(settings) });

it('the simulator says that it is up and how much it keeps', async () => {
  const simulator = await start();
  await ask(simulator, 'converse', '');
  const answer = await fetch(`${simulator.url}/_simulator/health`);
  expect(await answer.json()).toEqual({
    status: 'ok',
    pid: process.pid,
    calls: 1,
    dropped: 0,
    lookups: {},
  });
});

it('an endpoint that does not exist is not Bedrock either', async () => {
  const simulator = await start();
  expect((await fetch(`${simulator.url}/_simulator/nothing`)).status).toBe(404);
});

describe('settings of the run', () => {
  it('are in force from the next call on', async () => {
    const simulator = await start();
    await configure(simulator, { fault: 'throttle' });
    expect((await ask(simulator, 'converse', '')).status).toBe(429);
    await configure(simulator, { fault: '', tokens: 'worst' });
    await ask(simulator, 'converse', '');
    expect((await book(simulator))[1]?.usage).toMatchObject({ output_tokens: 4096 });
  });

  it('that are impossible change nothing', async () => {
    const simulator = await start();
    for (const wrong of [{ tokens: 'many' }, { nothing: 1 }, { fault: 'explode' }]) {
      expect((await configure(simulator, { pace_ms: 5, ...wrong })).status).toBe(400);
    }
    const settings = await fetch(`${simulator.url}/_simulator/config`);
    expect(await settings.json()).toMatchObject({ pace_ms: 0, tokens: 'typical', fault: '' });
  });
});

describe('the book', () => {
  it('is read in part by attempt, by time and by what still runs', async () => {
    const simulator = await start();
    await ask(simulator, 'converse', '');
    const running = ask(simulator, 'converse', 'hang').catch(() => null);
    while ((await book(simulator)).length < 2) await book(simulator);
    expect(await book(simulator, '?running=true')).toHaveLength(1);
    expect(await book(simulator, '?running=false')).toHaveLength(1);
    expect(await book(simulator, '?attempt_id=none')).toEqual([]);
    expect(await book(simulator, '?since=2999-01-01T00:00:00Z')).toEqual([]);
    expect(await book(simulator, '?since=0')).toHaveLength(2);
    await simulator.close();
    await running;
  });

  it('is emptied on demand', async () => {
    const simulator = await start();
    await ask(simulator, 'converse', '');
    await fetch(`${simulator.url}/_simulator/book`, { method: 'DELETE' });
    expect(await book(simulator)).toEqual([]);
  });

  it('of thousands of calls is served whole', async () => {
    const simulator = await start();
    for (let round = 0; round < 11; round++) {
      await Promise.all(Array.from({ length: 100 }, () => ask(simulator, 'invoke', 'throttle')));
    }
    const ids = (await book(simulator)).map((row) => row.request_id);
    expect(new Set(ids).size).toBe(1100);
  });
});
