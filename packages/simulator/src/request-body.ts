/**
 * Reading of request bodies as JSON objects, refused in the words of the operation otherwise.
 */
import { asObject, type JsonObject } from './model/json.ts';
import { Failure, invalid } from './wire/failure.ts';

/** A body of an operation that the service models itself. Throws a `SerializationException`. */
export function parseModelled(body: Buffer): JsonObject {
  const parsed = parse(body);
  if (parsed !== null) return parsed;
  throw new Failure('SerializationException', 'The request body is not a valid JSON object.');
}

/** A body that only the model knows. Throws a `ValidationException`. */
export function parseOpaque(body: Buffer): JsonObject {
  const parsed = parse(body);
  if (parsed !== null) return parsed;
  throw invalid('Malformed input request, please reformat your input and try again.');
}

function parse(body: Buffer): JsonObject | null {
  try {
    return asObject(JSON.parse(body.toString('utf8')));
  } catch {
    return null;
  }
}
