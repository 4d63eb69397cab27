/**
 * The profiling door: `inputs` and `parameters` in, `generated_text` or an embedding out, whichever
 * model is named in the query.
 */
import { parseModelId, type ModelFacts } from '@tollkeeper/core';
import { refused, type Refused } from '../call.ts';
import type { Gateway } from '../gateway.ts';
import { converseBody, converseText } from './converse-text.ts';
import type { Asked, Door, JsonObject, Opened } from './door.ts';
import { embeddingFamilyOf } from './embedding-families.ts';
import { readParameters, type Parameters } from './parameters.ts';
import { TEXT_FAMILIES } from './text-families.ts';

/** `/invoke_model`. */
export const PROFILING: Door = {
  name: 'profiling',
  paths: ['/invoke_model'],
  operation: 'invoke',
  takes: 'person',
  credentialHeader: 'auth',
  errors: 'plain',
  tellsUsage: true,
  open,
};

function open(gateway: Gateway, { query, body }: Asked): Opened | Refused {
  const named = query.get('model_id') ?? '';
  const arn = query.get('model_arn') ?? '';
  const modelId = arn === '' ? named : arn;
  if (modelId === '') return wrong('model_missing', 'The query has no model_id.');
  const { inputs } = body;
  if (typeof inputs !== 'string' || inputs === '') {
    return wrong('inputs_missing', 'The request has no "inputs": the text for the model.');
  }
  const parameters = readParameters(body['parameters']);
  if (parameters.kind === 'refused') return parameters;
  // An ARN tells nothing of the model behind it; the id beside it does.
  const facts = factsOf(gateway, named);
  if (facts === undefined) return conversing(modelId, inputs, parameters);
  return facts.kind === 'text'
    ? writing(modelId, inputs, parameters, facts)
    : embedding(modelId, inputs, parameters, facts);
}

/** What is known of a model of AWS; undefined for labels, ARNs of an account and new models. */
function factsOf(gateway: Gateway, named: string): ModelFacts | undefined {
  const reference = parseModelId(named);
  return reference.kind === 'foundation' ? gateway.models.get(reference.model_id) : undefined;
}

function writing(
  modelId: string,
  text: string,
  parameters: Parameters,
  facts: ModelFacts,
): Opened | Refused {
  const family = TEXT_FAMILIES[facts.family];
  if (family === undefined) return conversing(modelId, text, parameters);
  const lacking = family.lacks.find((name) => parameters[name] !== undefined);
  if (lacking !== undefined) {
    const word = lacking === 'stop' ? 'stopSequences' : lacking;
    return wrong('parameters_invalid', `${facts.model_id} knows no "${word}": leave it out.`);
  }
  return {
    kind: 'opened',
    operation: 'invoke',
    modelId,
    body: family.body(text, parameters, facts),
    answer: (reply) => generated(family.text(reply)),
  };
}

function embedding(
  modelId: string,
  text: string,
  parameters: Parameters,
  facts: ModelFacts,
): Opened | Refused {
  const family = embeddingFamilyOf(facts);
  if (family === undefined) {
    return wrong('model_kind', `${facts.model_id} answers with neither text nor an embedding.`);
  }
  return {
    kind: 'opened',
    operation: 'invoke',
    modelId,
    body: family.body(text, parameters),
    answer: (reply) => {
      const vector = family.embedding(reply);
      return vector === undefined ? undefined : [{ embedding: vector }];
    },
  };
}

/** For a label, whose models may be of several families, and for a model that nobody knows. */
function conversing(modelId: string, text: string, parameters: Parameters): Opened {
  const { maxTokens, temperature, topP, topK, stop, rest } = parameters;
  const config: JsonObject = { maxTokens, temperature, topP, stopSequences: stop };
  const more: JsonObject = topK === undefined ? rest : { ...rest, top_k: topK };
  return {
    kind: 'opened',
    operation: 'converse',
    modelId,
    body: converseBody(text, config, more),
    answer: (reply) => generated(converseText(reply)),
  };
}

function generated(text: string | undefined): unknown {
  return text === undefined ? undefined : [{ generated_text: text }];
}

function wrong(reason: string, message: string): Refused {
  return refused('ValidationException', reason, message);
}
