/** One walk over a body: what counts as a reference, and that every member is counted. */
import { expect, test } from 'vitest';
import { RequestWalk, isReference, statedMaximum } from '../../../src/gateway/wire/request-walk.ts';

test.each([
  ['arn:aws:s3:::b', true],
  ['arn:aws-us-gov:bedrock:x', true],
  ['ARN:AWS:s3:::b', true],
  ['s3://b/k', true],
  ['S3://b/k', true],
  [' s3://b/k', true],
  ['\n\tarn:aws:x', true],
  ['see s3://b/k', false],
  ['https://s3/x', false],
  ['arn:other', false],
  ['', false],
])('%j is a reference: %s', (value, expected) => {
  expect(isReference(value)).toBe(expected);
});

test.each([
  [5, 5],
  [5.1, 6],
  ['5', 5],
  [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER],
  [0, null],
  [-1, null],
  ['x', null],
  [null, null],
  [{}, null],
  [[5], null],
  [true, null],
])('%j as a stated maximum is %s', (value, expected) => {
  expect(statedMaximum(value)).toBe(expected);
});

test('members are counted everywhere, in documents that are not read too', () => {
  const walk = new RequestWalk();
  walk.walk({
    a: [{ b: 1 }, { c: { d: null } }],
    toolUse: { input: { e: [{ f: 1 }], g: { max_tokens: 9 } } },
  });
  expect(walk.members).toBe(10);
  expect(walk.maxOutputTokens).toBeNull();
});

test('parameters for the model itself are read without exceptions', () => {
  const walk = new RequestWalk();
  walk.walk({
    additionalModelRequestFields: {
      toolUse: { input: { text: 's3://b/k', max_tokens: 9 } },
    },
  });
  expect([...walk.references]).toEqual(['s3://b/k']);
  expect(walk.maxOutputTokens).toBe(9);
});

test('only where a document can stand is it one: elsewhere its members are read', () => {
  const walk = new RequestWalk();
  walk.walk({
    inputSchema: { a: 's3://b/1' },
    json: { a: 's3://b/2' },
    input: { a: 's3://b/3' },
    input_schema: { a: 's3://b/4' },
    deeper: { promptVariables: { a: 's3://b/5' }, requestMetadata: { a: 's3://b/6' } },
  });
  expect([...walk.references]).toEqual([1, 2, 3, 4, 5, 6].map((n) => `s3://b/${n}`));
});

test('a cache marker that is switched off writes nothing', () => {
  const walk = new RequestWalk();
  walk.walk({ cache_control: null, cachePoint: false });
  expect(walk.writesCache).toBe(false);
});

test.each([
  [{ cachePoint: { type: 'default', ttl: '1h' } }, true],
  [{ cache_control: { type: 'ephemeral', ttl: '1h' } }, true],
  [{ cachePoint: { type: 'default', ttl: '5m' } }, false],
  [{ cache_control: { type: 'ephemeral' } }, false],
])('the marker %j asks for an hour: %s', (block, hour) => {
  const walk = new RequestWalk();
  walk.walk({ system: [{ text: 's', cachePoint: {} }, block] });
  expect([walk.writesCache, walk.writesCache1h]).toEqual([true, hour]);
});

const PICTURE = { format: 'png', source: { bytes: 'iVBORw0KGgo=' } };
const FILM = { format: 'mp4', source: { s3Location: { uri: 's3://b/k' } } };

test.each([
  ['text alone', [{ text: 'image' }], undefined],
  ['a picture', [{ image: PICTURE }], ['image']],
  [
    'a picture and a film, each once',
    [{ image: PICTURE }, { video: FILM }, { image: PICTURE }],
    ['image', 'video'],
  ],
  ['sound', [{ audio: { format: 'wav', source: { bytes: 'AA==' } } }], ['audio']],
  [
    'a picture in the dialect of Anthropic',
    [{ type: 'image', source: { type: 'base64', data: 'AA' } }],
    ['image'],
  ],
  [
    'a picture in the dialect of OpenAI',
    [{ type: 'image_url', image_url: { url: 'data:,' } }],
    ['image'],
  ],
  [
    'sound in the dialect of OpenAI',
    [{ type: 'input_audio', input_audio: { data: 'AA' } }],
    ['audio'],
  ],
  ['a document', [{ document: { format: 'pdf', source: { bytes: 'AA==' } } }], undefined],
  ['an empty list of pictures', [{ images: [] }], undefined],
  [
    'a picture in the input of a tool, which is text',
    [{ toolUse: { input: { image: PICTURE } } }],
    undefined,
  ],
])('modalities of a body with %s', (_, content, expected) => {
  const walk = new RequestWalk();
  walk.walk({ messages: [{ role: 'user', content }] });
  expect(walk.modalities).toEqual(expected);
});
