/**
 * The apportioning door: `{ "modelId": ..., "body": ... }` with a bare API key. The body is the
 * model's own, and so is the answer.
 */
import { refused, type Refused } from '../call.ts';
import type { Gateway } from '../gateway.ts';
import type { OperationPath } from '../wire/reading.ts';
import { isObject } from '../wire/usage-counts.ts';
import type { Asked, Door, Opened } from './door.ts';

/** `/invoke-model`, and under the stage that its users have. */
export const APPORTIONING: Door = door('invoke', [
  '/invoke-model',
  // A stage of its own, and of this path alone: `/v1` is the first segment of other systems.
  '/v1/invoke-model',
]);

/** The same with a streamed answer, in AWS's event stream. */
export const APPORTIONING_STREAM: Door = door('invoke-with-response-stream', [
  '/invoke-model-with-response-stream',
  '/v1/invoke-model-with-response-stream',
]);

function door(operation: OperationPath, paths: readonly string[]): Door {
  return {
    name: 'apportioning',
    paths,
    operation,
    takes: 'key',
    errors: 'aws',
    tellsUsage: true,
    open: (_gateway: Gateway, { body }: Asked): Opened | Refused => {
      const { modelId, body: own } = body;
      if (typeof modelId !== 'string' || modelId === '') {
        return wrong('The request has no "modelId": the id of the model to call.');
      }
      if (!isObject(own)) {
        return wrong('The request has no "body": the object that the model itself takes.');
      }
      return { kind: 'opened', operation, modelId, body: own };
    },
  };
}

function wrong(message: string): Refused {
  return refused('ValidationException', 'body_invalid', message);
}
