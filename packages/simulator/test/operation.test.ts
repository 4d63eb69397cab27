/** Paths name operations; a model id is decoded exactly once, after the path is split. */
import { expect, it } from 'vitest';
import { anthropic } from '../src/model/anthropic.ts';
import { converse } from '../src/model/converse.ts';
import { findModel } from '../src/model/model.ts';
import { dialectOf, routeOf } from '../src/operation.ts';

const ARN = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0';

it.each([
  ['/model/a%3A0/converse', 'Converse', 'a:0'],
  ['/model/a:0/converse-stream', 'ConverseStream', 'a:0'],
  [`/model/${encodeURIComponent(ARN)}/invoke`, 'InvokeModel', ARN],
  ['/model/a%253A/invoke-with-response-stream?x=/y', 'InvokeModelWithResponseStream', 'a%3A'],
])('%s is %s of %s', (target, name, modelId) => {
  const route = routeOf('POST', target);
  expect(route).toMatchObject({ kind: 'model', operation: { name }, modelId });
});

it.each([
  ['/model/a%3A0/count-tokens', { kind: 'count_tokens', modelId: 'a:0' }],
  [
    '/guardrail/g%2F1/version/DRAFT/apply',
    { kind: 'guardrail', identifier: 'g/1', version: 'DRAFT' },
  ],
  ['/guardrail-checks/invoke', { kind: 'guardrail_checks' }],
])('%s is %j', (target, route) => {
  expect(routeOf('POST', target)).toEqual(route);
});

it.each([
  ['GET', '/model/a/converse'],
  ['POST', '/model/a/b/count-tokens'],
  ['GET', '/model/a/count-tokens'],
  ['POST', '/guardrail/g/version/1'],
  ['POST', '/guardrail//version/1/apply'],
  ['POST', '/guardrail/g/version//apply'],
  ['POST', '/guardrail-checks'],
  ['POST', '/model//converse'],
  ['POST', '/model/a/b/converse'],
  ['POST', '/model/a/converse/'],
  ['POST', '/v1/model/a/converse'],
])('%s %s is not recognized', (method, target) => {
  expect(() => routeOf(method, target)).toThrow('not recognized');
});

it('an encoding that is broken is an invalid identifier', () => {
  expect(() => routeOf('POST', '/model/%zz/converse')).toThrow('identifier is invalid');
});

it('Converse speaks one language and InvokeModel that of the model', () => {
  const model = findModel('anthropic.claude-3-haiku-20240307-v1:0');
  const operation = { name: 'Converse', streamed: false, converses: true };
  expect(dialectOf(operation, model)).toBe(converse);
  expect(dialectOf({ ...operation, converses: false }, model)).toBe(anthropic);
});
