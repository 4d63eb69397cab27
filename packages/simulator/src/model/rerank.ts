/**
 * Rerank, of Cohere and of Amazon: one query against documents. Billed in search units, one for
 * each hundred documents begun, and told nowhere in the answer.
 */
import { chanceFrom } from '../generate/chance.ts';
import { malformed } from '../wire/failure.ts';
import { PLAIN_ASK } from './ask.ts';
import { requiredList, requiredText } from './completion.ts';
import { type Dialect, noEvents } from './dialect.ts';
import { asInteger } from './json.ts';

const DOCUMENTS_MAX = 1000;
const DOCUMENTS_PER_UNIT = 100;

/** Cohere Rerank 3.5 and Amazon Rerank 1.0. */
export const rerank: Dialect = {
  read(body, model) {
    requiredText(body, 'query');
    const documents = requiredList(body, 'documents', DOCUMENTS_MAX);
    if (model.id.startsWith('cohere.') && body['api_version'] === undefined) {
      throw malformed('#: required key [api_version] not found');
    }
    const top = body['top_n'] === undefined ? documents.length : asInteger(body['top_n']);
    if (top === null || top < 1) throw malformed('#/top_n: expected a positive integer');
    return {
      ...PLAIN_ASK,
      items: Math.min(top, documents.length),
      dimensions: documents.length,
      units: { search_unit: Math.ceil(documents.length / DOCUMENTS_PER_UNIT) },
    };
  },

  whole(generation) {
    const chance = chanceFrom(generation.seed);
    const scored = Array.from({ length: generation.ask.dimensions }, (_, index) => ({
      index,
      relevance_score: chance.below(1_000_000) / 1_000_000,
    }));
    scored.sort((one, other) => other.relevance_score - one.relevance_score);
    return { results: scored.slice(0, generation.ask.items) };
  },

  events: noEvents,
};
