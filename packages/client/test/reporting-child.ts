/**
 * A program that reports usage until it is killed: `node reporting-child.ts <options as JSON>
 * <file>`. It appends the request id of each report to the file before, and prints it after.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { CostKeeper } from '../src/index.ts';
import type { CostKeeperOptions } from '../src/options.ts';

const AT_ONCE = 8;
/** With so many on disk it waits a little, so that it is killed while some are on their way. */
const WAITING_MAX = 200;

const [, , options = '', begun = ''] = process.argv;
const keeper = new CostKeeper(JSON.parse(options) as CostKeeperOptions);

async function reportForEver(): Promise<void> {
  for (;;) {
    const request_id = randomUUID();
    // Written when this returns, unlike what is printed to a pipe that is full.
    appendFileSync(begun, `${request_id}\n`);
    await keeper.report({
      request_id,
      model_label: 'premium',
      bedrock_model_id: 'amazon.nova-pro-v1:0',
      input_tokens: 1000,
      output_tokens: 0,
    });
    process.stdout.write(`${request_id}\n`);
    if (keeper.status().pending > WAITING_MAX) await keeper.flush(200);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, reportForEver));
