/** The operations by path, by the names of the service model, and by what they are billed. */
import { expect, test } from 'vitest';
import { OPERATIONS } from '../../../src/gateway/wire/reading.ts';

test('every operation has its name, its path and its way to be billed, and two stream', () => {
  const rows = Object.values(OPERATIONS).map((row) => [
    row.name,
    row.template,
    row.streamed,
    row.bills,
  ]);
  expect(rows).toEqual([
    ['Converse', '/model/{modelId}/converse', false, 'model'],
    ['ConverseStream', '/model/{modelId}/converse-stream', true, 'model'],
    ['InvokeModel', '/model/{modelId}/invoke', false, 'model'],
    [
      'InvokeModelWithResponseStream',
      '/model/{modelId}/invoke-with-response-stream',
      true,
      'model',
    ],
    ['CountTokens', '/model/{modelId}/count-tokens', false, 'nothing'],
    [
      'ApplyGuardrail',
      '/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply',
      false,
      'guardrail',
    ],
    ['InvokeGuardrailChecks', '/guardrail-checks/invoke', false, 'guardrail'],
  ]);
});
