/**
 * A body of no known shape. Headers tell most; a usage block counts only where its names leave no
 * doubt of what they mean.
 */
import { readKnownUsage } from '../usage-blocks.ts';
import { isObject } from '../usage-counts.ts';
import { OUTPUT_MAXIMA } from '../request-walk.ts';
import { noteOpaque } from './dialect.ts';
import type { Dialect } from './dialect.ts';

export const UNKNOWN: Dialect = {
  maximum: {
    within: null,
    // Which of the names such a model reads is not known; those of JSON schemas are none.
    names: new Set([...OUTPUT_MAXIMA].filter((name) => !/length|reasoning|budget/i.test(name))),
  },
  tokens: 'both',
  readReply({ usage }, counts) {
    if (isObject(usage)) readKnownUsage(usage, counts);
  },
  noteChunk: noteOpaque,
};
