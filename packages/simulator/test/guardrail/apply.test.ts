/** Guardrails without a model: the SDK reads the answers, the book has the units. */
import {
  ApplyGuardrailCommand,
  type ApplyGuardrailCommandInput,
  InvokeGuardrailChecksCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { client, MANNERS, onlyRow, post, start, usage } from '../rig.ts';

const asked = (words: string): ApplyGuardrailCommandInput => ({
  guardrailIdentifier: 'arn:aws:bedrock:us-east-1:123456789012:guardrail/simguardrail',
  guardrailVersion: 'DRAFT',
  source: 'INPUT',
  content: [{ text: { text: words } }],
});

describe.each(MANNERS)('over %s', (_, manner) => {
  it('ApplyGuardrail lets a harmless text pass, and bills its units', async () => {
    const simulator = await start();
    const answer = await client(simulator, manner).send(
      new ApplyGuardrailCommand(asked('x'.repeat(1001))),
    );
    expect(answer).toMatchObject({
      action: 'NONE',
      outputs: [],
      usage: {
        topicPolicyUnits: 2,
        contentPolicyUnits: 2,
        wordPolicyUnits: 2,
        sensitiveInformationPolicyUnits: 2,
        sensitiveInformationPolicyFreeUnits: 2,
        contextualGroundingPolicyUnits: 0,
      },
      guardrailCoverage: { textCharacters: { guarded: 1001, total: 1001 } },
    });
    expect(answer.assessments?.[0]?.invocationMetrics?.usage).toEqual(answer.usage);
    const row = await onlyRow(simulator);
    expect(row).toMatchObject({ operation: 'ApplyGuardrail', billed: true, outcome: 'completed' });
    expect(row.usage).toEqual(
      usage({
        units: {
          guardrail_topic_policy_unit: 2,
          guardrail_content_policy_unit: 2,
          guardrail_word_policy_unit: 2,
          guardrail_sensitive_information_policy_unit: 2,
          guardrail_sensitive_information_policy_free_unit: 2,
        },
      }),
    );
  });

  it('InvokeGuardrailChecks counts the whole text for each check that is asked for', async () => {
    const simulator = await start();
    const answer = await client(simulator, manner).send(
      new InvokeGuardrailChecksCommand({
        messages: [
          { role: 'user', content: [{ text: 'x'.repeat(700) }, { text: 'y'.repeat(700) }] },
        ],
        checks: {
          contentFilter: { categories: [{ category: 'VIOLENCE' }, { category: 'HATE' }] },
          sensitiveInformation: { entities: [{ type: 'EMAIL' }] },
        },
      }),
    );
    expect(answer.usage).toEqual({
      contentFilter: { textUnits: 2 },
      sensitiveInformation: { textUnits: 2 },
    });
    expect(answer.results?.contentFilter?.results).toHaveLength(2);
    expect((await onlyRow(simulator)).usage).toEqual(
      usage({
        units: {
          guardrail_check_content_filter_unit: 2,
          guardrail_check_sensitive_information_unit: 2,
        },
      }),
    );
  });
});

it('ApplyGuardrail intervenes for a word of its own', async () => {
  const sdk = client(await start());
  const answer = await sdk.send(
    new ApplyGuardrailCommand({ ...asked('a Forbidden thing'), source: 'OUTPUT' }),
  );
  expect(answer).toMatchObject({
    action: 'GUARDRAIL_INTERVENED',
    outputs: [{ text: 'Sorry, I cannot say that.' }],
    assessments: [{ wordPolicy: { customWords: [{ match: 'forbidden', action: 'BLOCKED' }] } }],
  });
});

it('a guardrail that the account does not have is not found', async () => {
  const sdk = client(await start());
  const refused = sdk.send(
    new ApplyGuardrailCommand({ ...asked('x'), guardrailIdentifier: 'unknown' }),
  );
  await expect(refused).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

it.each([
  ['/guardrail/simguardrail/version/1/apply', { content: [] }, "at 'source'"],
  ['/guardrail/simguardrail/version/1/apply', { source: 'INPUT' }, "at 'content'"],
  ['/guardrail-checks/invoke', { checks: { promptAttack: {} } }, "at 'messages'"],
  ['/guardrail-checks/invoke', { messages: [{}], checks: {} }, "at 'checks'"],
])('%s with %j is refused', async (path, body, words) => {
  const simulator = await start();
  const answer = await post(simulator, path, body);
  expect(answer.status).toBe(400);
  expect(((await answer.json()) as { message: string }).message).toContain(words);
  expect(await onlyRow(simulator)).toMatchObject({ billed: false, usage: null });
});
