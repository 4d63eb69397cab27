/** Calls of the control plane: who may, what is counted, and what a fault does. */
import { ListFoundationModelsCommand } from '@aws-sdk/client-bedrock';
import { expect, it } from 'vitest';
import { book, post, start } from '../rig.ts';
import { bedrock, refusal } from './bedrock.ts';

it('a wrong secret is refused, a good one leaves no row in the book', async () => {
  const simulator = await start();
  const wrong = await start({
    credentials: [{ accessKeyId: 'AKIDSIMULATOR00000000', secretAccessKey: 'another' }],
  });
  await bedrock(simulator).send(new ListFoundationModelsCommand({}));
  expect(await book(simulator)).toEqual([]);
  const told = await refusal(bedrock(wrong).send(new ListFoundationModelsCommand({})));
  expect(told).toMatchObject({ name: 'InvalidSignatureException', status: 403 });
});

it('a fault of the run comes before everything else', async () => {
  const simulator = await start({ settings: { lookup_fault: 'throttle' } });
  const told = await refusal(bedrock(simulator).send(new ListFoundationModelsCommand({})));
  expect(told).toMatchObject({ name: 'ThrottlingException', status: 429 });
});

it('a body that is no object is told so', async () => {
  const answer = await post(await start(), '/provisioned-model-throughput', '[1]');
  expect(answer.status).toBe(400);
  expect(answer.headers.get('x-amzn-errortype')).toBe('SerializationException');
});

it('what the policy denies is told with the action that is missing', async () => {
  const simulator = await start({ settings: { denied_operations: ['ListFoundationModels'] } });
  const told = await refusal(bedrock(simulator).send(new ListFoundationModelsCommand({})));
  expect(told).toMatchObject({ name: 'AccessDeniedException', status: 403 });
  expect(told.message).toMatch(/not authorized to perform: bedrock:ListFoundationModels/);
});
