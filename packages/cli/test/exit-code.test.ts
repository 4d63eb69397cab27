/** Exit codes: what scripts decide by. */
import { ApiError } from '@tollkeeper/contract';
import { CommanderError } from 'commander';
import { expect, it } from 'vitest';
import { exitCodeOf, UsageError } from '../src/exit-code.ts';
import type { World } from '../src/world.ts';

function told(error: unknown): { code: number; words: string } {
  const notes: string[] = [];
  const world: World = {
    env: {},
    out: () => undefined,
    note: (text) => notes.push(text),
    readFile: () => '',
    fetch,
  };
  return { code: exitCodeOf(error, world), words: notes.join('') };
}

const api = (status: number) => new ApiError(status, { message: 'no', request_id: 'r-1' });

it.each<[string, unknown, number]>([
  ['help', new CommanderError(0, 'commander.helpDisplayed', ''), 0],
  ['an unknown option', new CommanderError(1, 'commander.unknownOption', ''), 2],
  ['wrong usage', new UsageError('x'), 2],
  ['bad input', api(400), 1],
  ['no credential', api(401), 4],
  ['no right', api(403), 4],
  ['no such thing', api(404), 1],
  ['a quota', api(429), 5],
  ['a server in trouble', api(503), 1],
  ['anything else', new Error('x'), 1],
  ['not even an error', 'x', 1],
])('is right for %s', (_, error, code) => {
  expect(told(error).code).toBe(code);
});

it('says which request failed, and why a connection did', () => {
  expect(told(api(500)).words).toContain('(request r-1)');
  const refused = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
  expect(told(refused).words).toBe('tollkeeper: fetch failed: connect ECONNREFUSED\n');
  const quoting = new Error('It is away: no route.', { cause: new Error('no route') });
  expect(told(quoting).words).toBe('tollkeeper: It is away: no route.\n');
});
