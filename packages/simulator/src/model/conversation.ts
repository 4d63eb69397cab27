/**
 * Reading of conversations in Converse's words (`messages`, `system`, `toolConfig`,
 * `inferenceConfig`), which the Nova models use in their own bodies too.
 */
import { digestOf } from '../generate/chance.ts';
import { invalid } from '../wire/failure.ts';
import {
  type Ask,
  fixed,
  MESSAGE_TOKENS,
  OPENING_TOKENS,
  type Piece,
  PLAIN_ASK,
  text,
  TOOL_SET_TOKENS,
} from './ask.ts';
import { traitsOf } from './family.ts';
import { guardedOf, guardrailAskOf } from './guarded.ts';
import { asInteger, asList, asObject, asString, type JsonObject, stringsOf } from './json.ts';
import type { Model } from './model.ts';

const IMAGE_TOKENS_MAX = 1600;
const IMAGE_BYTES_PER_TOKEN = 750;
const CHECKPOINTS_MAX = 4;

/** Reads a conversation. Throws a `ValidationException` in the words of Converse. */
export function readConversation(body: JsonObject, model: Model): Ask {
  if (body['messages'] === undefined || body['messages'] === null) {
    throw invalid(
      "1 validation error detected: Value null at 'messages' failed to satisfy constraint: " +
        'Member must not be null',
    );
  }
  const tools = readTools(body['toolConfig'], model);
  const pieces = [
    fixed(OPENING_TOKENS),
    ...tools.pieces,
    ...readSystem(body['system'], model),
    ...readMessages(body['messages'], model),
  ];
  checkCheckpoints(pieces, model);
  const inference = asObject(body['inferenceConfig']) ?? {};
  return {
    ...PLAIN_ASK,
    pieces,
    outputTokensMax: outputLimitOf(body, inference, model),
    stopSequences: stringsOf(inference['stopSequences']),
    forcedTool: tools.forced,
    tier: asString(asObject(body['serviceTier'])?.['type']),
    latency: asString(asObject(body['performanceConfig'])?.['latency']),
    guardrail: guardrailAskOf(body['guardrailConfig']),
    guarded: guardedOf(body),
  };
}

/** The largest maximum that the body states anywhere, checked against the model's. */
function outputLimitOf(body: JsonObject, inference: JsonObject, model: Model): number | null {
  const extra = asObject(body['additionalModelRequestFields']) ?? {};
  const extraInference = asObject(extra['inferenceConfig']) ?? {};
  const stated = [
    inference['maxTokens'],
    inference['max_new_tokens'],
    extra['max_tokens'],
    extraInference['maxTokens'],
    extraInference['max_new_tokens'],
  ].filter((value) => value !== undefined && value !== null);
  if (stated.length === 0) return null;
  const limits = stated.map((value) => {
    const limit = asInteger(value);
    if (limit !== null && limit >= 1) return limit;
    throw invalid(
      `1 validation error detected: Value '${JSON.stringify(value)}' at ` +
        "'inferenceConfig.maxTokens' failed to satisfy constraint: " +
        'Member must have value greater than or equal to 1',
    );
  });
  const limit = Math.max(...limits);
  checkOutputLimit(limit, model);
  return limit;
}

/** Refuses an output limit above the model's own. */
export function checkOutputLimit(limit: number, model: Model): void {
  const most = model.outputTokensMax;
  if (most === null || limit <= most) return;
  throw invalid(
    `The maximum tokens you requested exceeds the model limit of ${most}. ` +
      `Try again with a maximum tokens value that is lower than ${most}.`,
  );
}

/** Refuses more checkpoints than the service allows, a wrong order, and a TTL the model lacks. */
export function checkCheckpoints(pieces: readonly Piece[], model: Model): void {
  const ttls = pieces.flatMap((piece) => (piece.kind === 'checkpoint' ? [piece.ttl] : []));
  if (ttls.length > CHECKPOINTS_MAX) {
    throw invalid(
      `A maximum of 4 blocks with cache_control may be provided. Found ${ttls.length}.`,
    );
  }
  if (ttls.includes('5m') && ttls.lastIndexOf('1h') > ttls.indexOf('5m')) {
    throw invalid(
      "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.",
    );
  }
  if (ttls.length > 0 && model.cacheTtls.length === 0) {
    throw invalid(
      'You invoked an unsupported model or your request did not allow prompt caching. ' +
        'See the documentation for more information.',
    );
  }
  const unknown = ttls.find((ttl) => !model.cacheTtls.includes(ttl));
  if (unknown !== undefined) {
    throw invalid(`The cache TTL ${unknown} is not supported for this model.`);
  }
}

function readTools(
  value: unknown,
  model: Model,
): { readonly pieces: readonly Piece[]; readonly forced: string | null } {
  const config = asObject(value);
  if (config === null) return { pieces: [], forced: null };
  if (!traitsOf(model.family).takesTools) throw unsupported('toolConfig');
  const tools = asList(config['tools']) ?? [];
  if (tools.length === 0) {
    throw invalid(
      "1 validation error detected: Value '[]' at 'toolConfig.tools' failed to satisfy " +
        'constraint: Member must have length greater than or equal to 1',
    );
  }
  const pieces: Piece[] = [fixed(TOOL_SET_TOKENS)];
  let first: string | null = null;
  for (const tool of tools) {
    const entry = asObject(tool) ?? {};
    if (entry['cachePoint'] !== undefined) pieces.push(checkpointOf(entry['cachePoint'], model));
    else pieces.push(text(JSON.stringify(entry)));
    first ??= asString(asObject(entry['toolSpec'])?.['name']);
  }
  const choice = asObject(config['toolChoice']) ?? {};
  const named = asString(asObject(choice['tool'])?.['name']);
  return { pieces, forced: named ?? (choice['any'] === undefined ? null : first) };
}

function readSystem(value: unknown, model: Model): Piece[] {
  const blocks = asList(value) ?? [];
  if (blocks.length > 0 && !traitsOf(model.family).takesSystem) throw unsupported('system');
  return blocks.map((block) => blockPiece(asObject(block) ?? {}, model));
}

function unsupported(field: string): Error {
  return invalid(`This model doesn't support the ${field} field. Remove ${field} and try again.`);
}

function readMessages(value: unknown, model: Model): Piece[] {
  const messages = asList(value) ?? [];
  const pieces: Piece[] = [];
  let before = '';
  for (const [index, entry] of messages.entries()) {
    const message = asObject(entry) ?? {};
    const role = asString(message['role']) ?? '';
    checkRole(role, before, index);
    before = role;
    const content = asList(message['content']) ?? [];
    if (content.length === 0) {
      throw invalid(
        `The content field in the Message object at messages.${index} is empty. ` +
          'Add a ContentBlock object to the content field and try again.',
      );
    }
    pieces.push(fixed(MESSAGE_TOKENS, role));
    for (const block of content) pieces.push(blockPiece(asObject(block) ?? {}, model));
  }
  if (messages.length === 0) checkRole('assistant', '', 0);
  return pieces;
}

function checkRole(role: string, before: string, index: number): void {
  if (role !== 'user' && role !== 'assistant') {
    throw invalid(
      `1 validation error detected: Value '${role}' at 'messages.${index + 1}.member.role' ` +
        'failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]',
    );
  }
  if (index === 0 && role !== 'user') {
    throw invalid(
      'A conversation must start with a user message. ' +
        'Try again with a conversation that starts with a user message.',
    );
  }
  if (role === before) {
    throw invalid(
      'A conversation must alternate between user and assistant roles. ' +
        'Make sure the conversation alternates between user and assistant roles and try again.',
    );
  }
}

function blockPiece(block: JsonObject, model: Model): Piece {
  const words = asString(block['text']);
  if (words !== null) {
    if (words.trim() === '') {
      throw invalid('The text field in the ContentBlock object is blank. Add text and try again.');
    }
    return text(words);
  }
  if (block['cachePoint'] !== undefined) return checkpointOf(block['cachePoint'], model);
  if (block['image'] !== undefined || block['video'] !== undefined) {
    return mediaPiece(JSON.stringify(block));
  }
  const kinds = ['document', 'toolUse', 'toolResult', 'guardContent', 'reasoningContent'];
  const known = [...kinds, 'citationsContent', 'audio', 'searchResult'];
  if (!known.some((kind) => block[kind] !== undefined)) {
    throw invalid('The ContentBlock object must set exactly one of its members.');
  }
  return text(JSON.stringify(block));
}

/** An image or the like: tokens by its size, as a stand-in for its pixels. */
export function mediaPiece(json: string): Piece {
  const tokens = Math.min(IMAGE_TOKENS_MAX, 1 + Math.floor(json.length / IMAGE_BYTES_PER_TOKEN));
  return fixed(tokens, digestOf('media', json));
}

function checkpointOf(value: unknown, model: Model): Piece {
  const ttl = asString(asObject(value)?.['ttl']) ?? model.cacheTtls[0] ?? '5m';
  if (ttl === '5m' || ttl === '30m' || ttl === '1h') return { kind: 'checkpoint', ttl };
  throw invalid(
    `1 validation error detected: Value '${ttl}' at 'cachePoint.ttl' failed to satisfy ` +
      'constraint: Member must satisfy enum value set: [5m, 1h]',
  );
}
