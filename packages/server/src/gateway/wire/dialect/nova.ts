/** Nova's own bodies: Converse in all but the names of the cache counts. */
import { mattersInConverse, noteConverse } from '../converse-events.ts';
import { readConverseUsage } from '../usage-blocks.ts';
import { isObject } from '../usage-counts.ts';
import type { Dialect } from './dialect.ts';

export const NOVA: Dialect = {
  maximum: { within: 'inferenceConfig', names: new Set(['maxTokens', 'max_new_tokens']) },
  tokens: 'both',
  readReply({ usage }, counts) {
    if (isObject(usage)) readConverseUsage(usage, counts);
  },
  noteChunk(chunk, notes) {
    for (const event of Object.keys(chunk)) {
      if (mattersInConverse(event)) noteConverse(event, chunk[event], notes);
    }
    if (isObject(chunk['metadata'])) notes.complete = true;
  },
};
