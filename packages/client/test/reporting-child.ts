/**
 * A program that reports usage until it is killed: `node reporting-child.ts <options as JSON>`. It
 * prints `begun <request id>` before and `safe <request id>` after each report.
 */
import { randomUUID } from 'node:crypto';
import { CostKeeper } from '../src/index.ts';
import type { CostKeeperOptions } from '../src/options.ts';

const AT_ONCE = 8;
/** With so many on disk it waits a little, so that it is killed while some are on their way. */
const WAITING_MAX = 200;

const keeper = new CostKeeper(JSON.parse(process.argv[2] ?? '') as CostKeeperOptions);

async function reportForEver(): Promise<void> {
  for (;;) {
    const request_id = randomUUID();
    process.stdout.write(`begun ${request_id}\n`);
    await keeper.report({
      request_id,
      model_label: 'premium',
      bedrock_model_id: 'amazon.nova-pro-v1:0',
      input_tokens: 1000,
      output_tokens: 0,
    });
    process.stdout.write(`safe ${request_id}\n`);
    if (keeper.status().pending > WAITING_MAX) await keeper.flush(200);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, reportForEver));
