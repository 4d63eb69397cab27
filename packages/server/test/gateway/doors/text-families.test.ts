/** Every model that writes text takes the body that is made for it, and its text is read back. */
import { catalogueFrom, type ModelFacts } from '@tollkeeper/core';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readParameters, type Parameters } from '../../../src/gateway/doors/parameters.ts';
import { TEXT_FAMILIES } from '../../../src/gateway/doors/text-families.ts';
import { call } from '../requests.ts';

const MAXIMUM = 7;
/** What one token of the simulator is. */
const TOKEN_CHARACTERS = 4;

let product: RunningProduct;
/** A key that calls models without a price, too. */
let key: string;

beforeAll(async () => {
  product = await startProduct({ limitUsd: '1000' });
  const params = { org_id: product.orgId, app_id: product.appId };
  const made = await product.client.createKey({ params, body: { policy: { unpriced: 'flag' } } });
  key = made.api_key;
});

afterAll(() => product.close());

function data(name: string): unknown {
  const url = new URL(`../../../../core/data/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

const MODELS = [...catalogueFrom(data('prices.json'), data('models.json')).models.values()];
const WRITING = MODELS.filter(({ kind, family }) => kind === 'text' && family !== 'unknown');

function parameters(given: unknown): Parameters {
  const read = readParameters(given);
  if (read.kind === 'refused') throw new Error(read.message);
  return read;
}

test('there is a row for every family that writes text', () => {
  const families = new Set(WRITING.map(({ family }) => family));
  expect(new Set(Object.keys(TEXT_FAMILIES))).toEqual(families);
});

test('the maximum reaches each model in its own words, and its text comes back whole', async () => {
  // One model of each family and provider: the others differ in nothing that matters here.
  const seen = new Set<string>();
  const told: [string, number, string | undefined][] = [];
  for (const facts of WRITING) {
    const kind = `${facts.family} ${facts.provider}`;
    if (seen.has(kind)) continue;
    seen.add(kind);
    told.push([kind, ...(await answerOf(facts))]);
  }
  const lengths = told.map(([kind, status, text]) => [kind, status, text?.length]);
  expect(lengths).toEqual(told.map(([kind]) => [kind, 200, MAXIMUM * TOKEN_CHARACTERS]));
});

async function answerOf(facts: ModelFacts): Promise<[number, string | undefined]> {
  const family = TEXT_FAMILIES[facts.family];
  if (family === undefined) throw new Error(`no row for ${facts.family}`);
  const body = family.body('Tell me of rivers.', parameters({ maxTokenCount: MAXIMUM }), facts);
  const answer = await call(product, {
    path: `/model/${encodeURIComponent(facts.model_id)}/invoke`,
    key,
    body: JSON.stringify(body),
    fault: 'tokens;output=500',
  });
  const reply = JSON.parse(answer.body.toString()) as Readonly<Record<string, unknown>>;
  return [answer.status, answer.status === 200 ? family.text(reply) : answer.message];
}

test('the words of each provider for the same parameters', () => {
  const given = parameters({
    maxTokenCount: 100,
    temperature: 0.8,
    topP: 0.9,
    stopSequences: ['END'],
    seed: 3,
  });
  const bodyOf = (model: string): unknown => {
    const facts = MODELS.find(({ model_id }) => model_id === model);
    if (facts === undefined) throw new Error(model);
    return JSON.parse(JSON.stringify(TEXT_FAMILIES[facts.family]?.body('Why?', given, facts)));
  };
  expect(bodyOf('anthropic.claude-3-sonnet-20240229-v1:0')).toEqual({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 100,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Why?' }] }],
    temperature: 0.8,
    top_p: 0.9,
    stop_sequences: ['END'],
    seed: 3,
  });
  expect(bodyOf('amazon.titan-text-express-v1')).toEqual({
    inputText: 'Why?',
    textGenerationConfig: {
      maxTokenCount: 100,
      temperature: 0.8,
      topP: 0.9,
      stopSequences: ['END'],
      seed: 3,
    },
  });
  expect(bodyOf('amazon.nova-lite-v1:0')).toEqual({
    schemaVersion: 'messages-v1',
    messages: [{ role: 'user', content: [{ text: 'Why?' }] }],
    inferenceConfig: { maxTokens: 100, temperature: 0.8, topP: 0.9, stopSequences: ['END'] },
    seed: 3,
  });
  expect(bodyOf('mistral.mistral-large-2402-v1:0')).toEqual({
    prompt: '<s>[INST] Why? [/INST]',
    max_tokens: 100,
    temperature: 0.8,
    top_p: 0.9,
    stop: ['END'],
    seed: 3,
  });
  expect(bodyOf('cohere.command-r-plus-v1:0')).toEqual({
    message: 'Why?',
    max_tokens: 100,
    temperature: 0.8,
    p: 0.9,
    stop_sequences: ['END'],
    seed: 3,
  });
  expect(bodyOf('ai21.jamba-1-5-large-v1:0')).toEqual({
    messages: [{ role: 'user', content: 'Why?' }],
    max_tokens: 100,
    temperature: 0.8,
    top_p: 0.9,
    stop: ['END'],
    seed: 3,
  });
});

test('a prompt in the words of Llama stays as it was written', () => {
  const llama = TEXT_FAMILIES.llama;
  const facts = MODELS.find(({ model_id }) => model_id.startsWith('meta.llama3-8b'));
  if (llama === undefined || facts === undefined) throw new Error('unreachable');
  const written = '<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>';
  expect(llama.body(written, parameters({}), facts)['prompt']).toBe(written);
  expect(llama.body('Hi', parameters({}), facts)['prompt']).toContain(written);
});

test('what is no answer of the family is no text', () => {
  for (const [name, family] of Object.entries(TEXT_FAMILIES)) {
    expect([name, family.text({})]).toEqual([name, undefined]);
    expect([name, family.text({ content: 3, outputs: {}, choices: [3] })]).toEqual([
      name,
      undefined,
    ]);
  }
});
