/** Whether a model can read a request that was made for another one of its chain. */
import type { BodyFamily, InputModality, ModelFacts } from '@tollkeeper/core';
import { expect, test } from 'vitest';
import { refused, type Call } from '../../src/gateway/call.ts';
import { whyOtherBody, whyUnfit } from '../../src/gateway/fit.ts';
import { unknownFacts, type NamedModel } from '../../src/gateway/name-model.ts';
import type { OperationPath } from '../../src/gateway/wire/reading.ts';
import { readCountTokensRequest } from '../../src/gateway/wire/count-tokens.ts';
import { readRequest } from '../../src/gateway/wire/request.ts';

function model(id: string, family: BodyFamily, facts: Partial<ModelFacts> = {}): NamedModel {
  const known = { ...unknownFacts(id), family, ...facts };
  const shared = { scope: 'in_region', billing: 'model', standsFor: [] } as const;
  return { kind: 'named', modelId: id, facts: known, ...shared };
}

/** All that is looked at of a call is its operation. */
function call(operation: OperationPath): Call {
  return { operation } as unknown as Call;
}

const NOVA = model('a.nova', 'nova');
const OTHER_NOVA = model('b.nova', 'nova');
const CLAUDE = model('a.claude', 'anthropic');
const RIDDLE = model('a.riddle', 'unknown');
const OTHER_RIDDLE = model('b.riddle', 'unknown');
const NOT_GRANTED = refused('AccessDeniedException', 'arn_not_granted', 'Not granted.');

test.each([
  ['invoke', NOVA, OTHER_NOVA, true],
  ['invoke', NOVA, CLAUDE, false],
  ['invoke-with-response-stream', NOVA, CLAUDE, false],
  ['invoke', RIDDLE, RIDDLE, true],
  ['invoke', RIDDLE, OTHER_RIDDLE, false],
  ['invoke', NOT_GRANTED, NOVA, false],
  ['converse', NOVA, CLAUDE, true],
  ['converse-stream', RIDDLE, OTHER_RIDDLE, true],
  ['converse', NOT_GRANTED, NOVA, true],
  ['converse', NOVA, model('a.embed', 'titan_embed', { kind: 'embedding' }), false],
  ['converse', NOVA, model('a.image', 'image_task', { kind: 'image' }), false],
  ['count-tokens', NOVA, model('a.embed', 'titan_embed', { kind: 'embedding' }), true],
] as const)('%s for the body of %o by %o: %s', (operation, owner, target, fits) => {
  expect(whyOtherBody(call(operation), owner, target) === null).toBe(fits);
});

function converse(content: object): Parameters<typeof whyUnfit>[0] {
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: [content] }] }));
  const read = readRequest('converse', 'nova', () => undefined, body);
  if (read.kind !== 'ok') throw new Error(read.message);
  return read;
}

const PICTURE = { image: { format: 'png', source: { bytes: 'AA==' } } };
const FILM = { video: { format: 'mp4', source: { bytes: 'AA==' } } };
const PAPER = { document: { format: 'pdf', name: 'a', source: { bytes: 'AA==' } } };

test.each<[string, object, readonly InputModality[] | undefined, boolean]>([
  ['text', { text: 'Hi' }, ['text'], true],
  ['a picture', PICTURE, ['text'], false],
  ['a picture', PICTURE, ['text', 'image'], true],
  ['a film', FILM, ['text', 'image'], false],
  ['a picture', PICTURE, undefined, true],
  ['a document', PAPER, ['text'], true],
])('%s (%o) for a model that takes %j fits: %s', (_, content, input_modalities, fits) => {
  const facts = input_modalities === undefined ? {} : { input_modalities };
  const target = model('a.b', 'nova', facts);
  expect(whyUnfit(converse(content), call('converse'), NOVA, target) === null).toBe(fits);
});

test('a body in a count of tokens is counted by a model that reads it', () => {
  const carried = Buffer.from('{"messages":[]}').toString('base64');
  const body = Buffer.from(JSON.stringify({ input: { invokeModel: { body: carried } } }));
  const read = readCountTokensRequest(() => undefined, body);
  if (read.kind !== 'ok') throw new Error(read.message);
  expect(whyUnfit(read, call('count-tokens'), NOVA, OTHER_NOVA)).toBeNull();
  expect(whyUnfit(read, call('count-tokens'), NOVA, CLAUDE)).toMatchObject({ reason: 'unfit' });
});
