/** The first end of a call counts, and nothing that comes later changes its row. */
import { expect, it } from 'vitest';
import { Book, type Row } from '../src/book.ts';
import { endRow, endUsed } from '../src/ending.ts';
import { NO_USAGE } from '../src/generate/generation.ts';

function row(): Row {
  return new Book(1).open({
    attemptId: null,
    requestId: 'r',
    invocationId: null,
    operation: 'Converse',
    modelId: 'm',
    invokedModelId: null,
    streamed: false,
    startedMs: 0,
    servedTier: null,
    servedLatency: null,
    endedMs: null,
    outcome: null,
    clientGone: false,
    usage: null,
    billed: false,
    fault: null,
    status: null,
  });
}

it('a call that went well stays so when its client leaves afterwards', () => {
  const one = row();
  endUsed(one, NO_USAGE, true);
  endRow(one, 'silent', true);
  expect(one).toMatchObject({ outcome: 'completed', billed: true, clientGone: true });
});

it('a refusal is never billed afterwards', () => {
  const one = row();
  endRow(one, 'refused', false);
  endUsed(one, NO_USAGE, true);
  expect(one).toMatchObject({ outcome: 'refused', billed: false, usage: null });
});
