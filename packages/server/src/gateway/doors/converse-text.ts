/** One text in, one text out, in the body that all conversational models share. */
import { isObject } from '../wire/usage-counts.ts';
import { objectsIn } from '../wire/dialect/dialect.ts';
import type { JsonObject } from './door.ts';

/** A Converse body with one message; members without a value are left out. */
export function converseBody(
  text: string,
  inferenceConfig: JsonObject,
  additional: JsonObject = {},
): JsonObject {
  return {
    messages: [{ role: 'user', content: [{ text }] }],
    inferenceConfig,
    ...(Object.keys(additional).length === 0 ? {} : { additionalModelRequestFields: additional }),
  };
}

/** The text of a Converse answer, its blocks one after the other; undefined when it has none. */
export function converseText(reply: JsonObject): string | undefined {
  const { output } = reply;
  const message = isObject(output) ? output['message'] : undefined;
  return isObject(message) ? textOfBlocks(message['content']) : undefined;
}

/** The texts of content blocks, joined; undefined when it is no list of blocks. */
export function textOfBlocks(content: unknown): string | undefined {
  if (!Array.isArray(content)) return undefined;
  const texts = objectsIn(content).map(({ text }) => text);
  return texts.filter((text) => typeof text === 'string').join('');
}
