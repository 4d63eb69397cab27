/**
 * The apportioning door: `{ "modelId": ..., "body": ... }` with a bare API key. The body is the
 * model's own and goes to it as it was written; so does the answer to the caller.
 */
import { refused, type Refused } from '../call.ts';
import type { Gateway } from '../gateway.ts';
import { outerMembers } from '../wire/json-scan.ts';
import type { OperationPath } from '../wire/reading.ts';
import { NAMED_TWICE } from '../wire/request-body.ts';
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
    open: (_gateway: Gateway, { body, text }: Asked): Opened | Refused => {
      const { modelId, body: own } = body;
      if (typeof modelId !== 'string' || modelId === '') {
        return wrong('The request has no "modelId": the id of the model to call.');
      }
      if (!isObject(own)) {
        return wrong('The request has no "body": the object that the model itself takes.');
      }
      const members = outerMembers(text);
      if (new Set(members.map(({ name }) => name)).size < members.length) return wrong(NAMED_TWICE);
      // Not written anew: a number of JavaScript does not keep every number of JSON.
      const place = members.find(({ name }) => name === 'body');
      return { kind: 'opened', operation, modelId, body: text.slice(place?.start, place?.end) };
    },
  };
}

function wrong(message: string): Refused {
  return refused('ValidationException', 'body_invalid', message);
}
