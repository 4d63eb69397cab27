/** The book is what a ledger is compared with: every call, once, with what it was billed for. */
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { expect, it } from 'vitest';
import { ask, book, client, CLAUDE, onlyRow, question, start } from './rig.ts';

it('a row says who called what, when, and for how much', async () => {
  const simulator = await start();
  const attempt = '0199e6a4-7d3c-7000-8000-000000000001';
  const sdk = client(simulator, { headers: { 'x-tollkeeper-attempt-id': attempt } });
  const answer = await sdk.send(new ConverseCommand(question(CLAUDE)));
  const row = await onlyRow(simulator);
  expect(row).toEqual({
    attempt_id: attempt,
    request_id: answer.$metadata.requestId,
    invocation_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    operation: 'Converse',
    model_id: CLAUDE,
    invoked_model_id: CLAUDE,
    served_tier: 'default',
    served_latency: 'standard',
    stream: false,
    started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/) as string,
    ended_at: expect.any(String) as string,
    outcome: 'completed',
    client_gone: false,
    usage: {
      input_tokens: answer.usage?.inputTokens,
      output_tokens: answer.usage?.outputTokens,
      cache_read_input_tokens: 0,
      cache_write_5m_input_tokens: 0,
      cache_write_30m_input_tokens: 0,
      cache_write_1h_input_tokens: 0,
      units: {},
    },
    billed: true,
    fault: null,
    status: 200,
  });
});

it('a call that runs is in the book without an end', async () => {
  const simulator = await start();
  const running = ask(simulator, 'converse', 'slow;ms=60000').catch(() => null);
  while ((await book(simulator)).length === 0);
  expect(await onlyRow(simulator)).toMatchObject({ ended_at: null, outcome: null, billed: false });
  await simulator.close();
  await running;
});

it('a full book lets the oldest calls go and says how many', async () => {
  const simulator = await start({ bookCallsMax: 8 });
  for (let call = 0; call < 12; call++) await ask(simulator, 'converse', '');
  const answer = await (await fetch(`${simulator.url}/_simulator/book`)).json();
  const { calls, dropped } = answer as { calls: unknown[]; dropped: number };
  expect(calls.length + dropped).toBe(12);
  expect(calls.length).toBeLessThanOrEqual(8);
});
