/** Which paths are doors, and whose calls each of them takes. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DOORS, doorAt } from '../../../src/gateway/doors/doors.ts';
import { call } from '../requests.ts';
import { signIn } from './person.ts';

const NOVA = 'amazon.nova-micro-v1:0';

let product: RunningProduct;
let token: string;

beforeAll(async () => {
  product = await startProduct();
  token = await signIn(product);
});

afterAll(() => product.close());

test('a door is found by its whole path, whatever the query', () => {
  expect(doorAt('/invoke_model?model_id=x')?.name).toBe('profiling');
  expect(doorAt('/bedrock/chat')?.name).toBe('chat');
  expect(doorAt('/v1/invoke-model')?.name).toBe('apportioning');
  for (const target of [
    '/invoke_model/',
    '/v1/invoke_model',
    '/v1/bedrock/chat',
    '/bedrock',
    '/',
  ]) {
    expect([target, doorAt(target)]).toEqual([target, undefined]);
  }
});

test('no two doors share a path', () => {
  const paths = DOORS.flatMap(({ paths: each }) => each);
  expect(new Set(paths).size).toBe(paths.length);
});

test('the token of a person opens no door that takes keys', async () => {
  const answer = await call(product, {
    path: '/invoke-model',
    key: null,
    headers: { authorization: token },
    body: JSON.stringify({ modelId: NOVA, body: {} }),
  });
  expect([answer.status, answer.error]).toEqual([403, 'AccessDeniedException']);
});

test('half a character is in no model id, and is refused as wrong', async () => {
  const body = '{"modelId":"amazon.nova-micro-v1:0\\ud800","body":{}}';
  const answer = await call(product, { path: '/invoke-model', body });
  expect([answer.status, answer.error]).toEqual([400, 'ValidationException']);
});

test('a signature in the query is refused at a door too', async () => {
  const presigned = await call(product, {
    path: '/invoke-model?X-Amz-Signature=abc',
    key: product.apiKey,
    body: '{}',
  });
  expect([presigned.status, presigned.error]).toEqual([403, 'MissingAuthenticationTokenException']);
});
