/**
 * A program beside the path: it asks the cost keeper which model to use, calls Amazon Bedrock
 * itself with the AWS SDK, and reports what it used. As quotas drain the advice moves down the
 * chain, until there is nothing left for today. See README.md for how to run it.
 */
import { randomUUID } from 'node:crypto';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandOutput,
} from '@aws-sdk/client-bedrock-runtime';
import { CostKeeper, QuotasSpent, type Selection } from '@tollkeeper/client';

/** A chain that never drains is a mistake in the quotas; this is an example, so it gives up. */
const QUESTIONS_MAX = 100;

const { env } = process;
const missing = ['TOLLKEEPER_CLIENT_ID', 'TOLLKEEPER_CLIENT_SECRET'].filter((name) => !env[name]);
if (missing.length > 0) {
  console.error(`Set ${missing.join(' and ')}: examples/cost-keeper/README.md says how.`);
  process.exit(2);
}
const keeper = new CostKeeper({
  endpoint: env['TOLLKEEPER_ENDPOINT'] ?? 'http://127.0.0.1:8080',
  clientId: env['TOLLKEEPER_CLIENT_ID'] ?? '',
  clientSecret: env['TOLLKEEPER_CLIENT_SECRET'] ?? '',
  orgId: env['TOLLKEEPER_ORG_ID'] ?? '7b1d6f0e-3c52-4a6b-9a57-2f1f6c1f0c01',
  appId: env['TOLLKEEPER_APP_ID'] ?? 'example',
  spoolDir: env['TOLLKEEPER_SPOOL_DIR'] ?? '.tollkeeper-spool',
});
// Region, endpoint and credentials are those of the environment, as for every AWS SDK.
const bedrock = new BedrockRuntimeClient({});

/** Asks one question of whatever model is recommended, and reports what the answer used. */
async function ask(question: string, { advice }: Selection): Promise<void> {
  const { label, bedrock_model_id: modelId, reason } = advice.recommended_model;
  // Chosen before the call: whatever is repeated from here on, it counts once.
  const request_id = randomUUID();
  let answer: ConverseCommandOutput | undefined;
  try {
    answer = await bedrock.send(
      new ConverseCommand({
        modelId,
        messages: [{ role: 'user', content: [{ text: question }] }],
        inferenceConfig: { maxTokens: 64 },
      }),
    );
  } finally {
    const { usage } = answer ?? {};
    const aws_request_id = answer?.$metadata.requestId;
    await keeper.report({
      request_id,
      model_label: label,
      bedrock_model_id: modelId,
      input_tokens: usage?.inputTokens ?? 0,
      output_tokens: usage?.outputTokens ?? 0,
      cache_read_input_tokens: usage?.cacheReadInputTokens ?? 0,
      cache_write_input_tokens: usage?.cacheWriteInputTokens ?? 0,
      status: answer === undefined ? 'ERROR' : 'OK',
      ...(aws_request_id === undefined ? {} : { aws_request_id }),
    });
  }
  console.log(`${label} ${modelId} ${answer.usage?.totalTokens ?? 0} tokens (${reason})`);
}

try {
  for (let i = 1; i <= QUESTIONS_MAX; i++) {
    // A service would ask without `fresh` and without flushing: advice is kept as long as the cost
    // keeper says, and reports go in the background. Here every call is to show.
    const selection = await keeper.selectModel({ fresh: true });
    await ask(`Question ${i}: what is a ledger?`, selection);
    await keeper.flush();
  }
} catch (error) {
  if (!(error instanceof QuotasSpent)) throw error;
  console.log(`spent until ${error.until.toISOString()}`);
} finally {
  const { left } = await keeper.close();
  if (left > 0) console.log(`${left} reports wait in the spool for the next start`);
  bedrock.destroy();
}
