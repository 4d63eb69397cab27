/** A fixture file replaces the built-in account, and a wrong one is refused by name. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { DEFAULT_FIXTURES, readFixtures } from '../../src/account/fixtures.ts';
import { runSimulator } from '../../src/command.ts';
import { post } from '../rig.ts';

const ARN = 'arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/aaaabbbbcccc';

it('the built-in account is a file like any other', () => {
  expect(readFixtures(JSON.stringify(DEFAULT_FIXTURES))).toEqual(DEFAULT_FIXTURES);
});

it('kinds that a file leaves out are empty', () => {
  const model = { arn: ARN, name: 'mine', base_model: 'amazon.nova-lite-v1:0' };
  const fixtures = readFixtures(JSON.stringify({ provisioned_models: [model] }));
  expect(fixtures.provisioned_models).toEqual([model]);
  expect(fixtures.guardrails).toEqual([]);
});

it.each([
  ['[]', 'a JSON object'],
  ['{"profiles":[]}', "no fixtures 'profiles'"],
  ['{"guardrails":{}}', "'guardrails' are a list"],
  [
    '{"prompt_routers":[{"arn":"a","name":"b","models":"c"}]}',
    "prompt_routers[0] has no usable 'models'",
  ],
  ['{"inference_profiles":[{"arn":"a","name":"b"}]}', "no usable 'copied_from'"],
])('%s is refused', (json, words) => {
  expect(() => readFixtures(json)).toThrow(words);
});

it('a policy that no guardrail has is refused', () => {
  const guardrails = DEFAULT_FIXTURES.guardrails.map((one) => ({ ...one, policies: ['magic'] }));
  expect(() => readFixtures(JSON.stringify({ guardrails }))).toThrow("no usable 'policies'");
});

it('a file is read by --fixtures', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const file = join(tmpdir(), `simulator-fixtures-${process.pid}.json`);
  const model = { arn: ARN, name: 'mine', base_model: 'amazon.nova-lite-v1:0' };
  writeFileSync(file, JSON.stringify({ provisioned_models: [model] }));
  const simulator = await runSimulator(['--fixtures', file]);
  const messages = [{ role: 'user', content: [{ text: 'hi' }] }];
  const path = `/model/${encodeURIComponent(ARN)}/converse`;
  expect((await post(simulator, path, { messages })).status).toBe(200);
  await simulator.close();
});
