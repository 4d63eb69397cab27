/**
 * The Anthropic Messages shape in InvokeModel. A stream opens with the prompt's counts and a
 * placeholder for the output; `message_delta` carries the final output count.
 */
import { type Generation, type Usage, writtenTokens } from '../generate/generation.ts';
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
import { checkCheckpoints, mediaPiece } from './conversation.ts';
import { toolInput } from './converse.ts';
import { chunk, type Dialect, type DialectEvent, invocationMetrics } from './dialect.ts';
import { asInteger, asList, asObject, asString, type JsonObject, stringsOf } from './json.ts';
import { type Model, vendorName } from './model.ts';

const BEDROCK_VERSION = 'bedrock-2023-05-31';

/** Anthropic, Messages API. */
export const anthropic: Dialect = {
  read: readMessagesRequest,

  whole(generation) {
    const usage = generation.reported;
    return {
      ...opening(generation),
      content: [contentOf(generation)],
      stop_reason: generation.stopReason,
      stop_sequence: generation.stopSequence,
      ...(usage === null ? {} : { usage: usageOf(usage, usage.output) }),
    };
  },

  *events(generation): Iterable<DialectEvent> {
    const usage = generation.reported;
    const message = {
      ...opening(generation),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      ...(usage === null ? {} : { usage: usageOf(usage, Math.min(1, usage.output)) }),
    };
    yield chunk({ type: 'message_start', message });
    const tool = generation.ask.forcedTool;
    const block =
      tool === null
        ? { type: 'text', text: '' }
        : { type: 'tool_use', id: toolId(generation), name: tool, input: {} };
    yield chunk({ type: 'content_block_start', index: 0, content_block: block });
    for (const generated of generation.parts) {
      const delta =
        tool === null
          ? { type: 'text_delta', text: generated }
          : { type: 'input_json_delta', partial_json: generated };
      yield { ...chunk({ type: 'content_block_delta', index: 0, delta }), generated };
    }
    yield chunk({ type: 'content_block_stop', index: 0 });
    yield chunk({
      type: 'message_delta',
      delta: { stop_reason: generation.stopReason, stop_sequence: generation.stopSequence },
      ...(usage === null ? {} : { usage: { output_tokens: usage.output } }),
    });
    yield chunk({ type: 'message_stop', ...invocationMetrics(generation) });
  },
};

function opening(generation: Generation): Readonly<Record<string, unknown>> {
  return {
    model: vendorName(generation.model),
    id: `msg_bdrk_01${generation.digest.slice(0, 22)}`,
    type: 'message',
    role: 'assistant',
  };
}

function toolId(generation: Generation): string {
  return `toolu_bdrk_01${generation.digest.slice(0, 22)}`;
}

function contentOf(generation: Generation): unknown {
  const name = generation.ask.forcedTool;
  if (name === null) return { type: 'text', text: generation.text };
  return { type: 'tool_use', id: toolId(generation), name, input: toolInput(generation) };
}

function usageOf(usage: Usage, outputTokens: number): Readonly<Record<string, unknown>> {
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: writtenTokens(usage),
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5m,
      ephemeral_1h_input_tokens: usage.cacheWrite1h,
    },
    output_tokens: outputTokens,
  };
}

function readMessagesRequest(body: JsonObject, model: Model): Ask {
  for (const key of ['anthropic_version', 'max_tokens', 'messages']) {
    if (body[key] === undefined) {
      throw invalid(
        `Malformed input request: #: required key [${key}] not found, ` +
          'please reformat your input and try again.',
      );
    }
  }
  if (body['anthropic_version'] !== BEDROCK_VERSION) {
    throw invalid(`anthropic_version: Input should be '${BEDROCK_VERSION}'`);
  }
  const tools = asList(body['tools']) ?? [];
  const pieces = [
    fixed(OPENING_TOKENS),
    ...readTools(tools),
    ...readBlocks(body['system'] ?? [], 'system'),
    ...readMessages(body['messages']),
  ];
  checkCheckpoints(pieces, model);
  return {
    ...PLAIN_ASK,
    pieces,
    outputTokensMax: readMaxTokens(body['max_tokens'], model),
    stopSequences: stringsOf(body['stop_sequences']),
    forcedTool: readForcedTool(body['tool_choice'], tools),
  };
}

function readMaxTokens(value: unknown, model: Model): number {
  const limit = asInteger(value);
  if (limit === null) throw invalid('max_tokens: Input should be a valid integer');
  if (limit < 1) throw invalid('max_tokens: must be greater than or equal to 1');
  const most = model.outputTokensMax;
  if (most !== null && limit > most) {
    throw invalid(
      `max_tokens: ${limit} > ${most}, which is the maximum allowed number of output tokens ` +
        `for ${vendorName(model)}`,
    );
  }
  return limit;
}

function readTools(tools: readonly unknown[]): Piece[] {
  if (tools.length === 0) return [];
  return [
    fixed(TOOL_SET_TOKENS),
    ...tools.flatMap((entry) => {
      const { cache_control: control, ...tool } = asObject(entry) ?? {};
      return [text(JSON.stringify(tool)), ...checkpointOf(control)];
    }),
  ];
}

function readForcedTool(value: unknown, tools: readonly unknown[]): string | null {
  const choice = asObject(value) ?? {};
  if (choice['type'] === 'tool') return asString(choice['name']);
  if (choice['type'] !== 'any') return null;
  return asString(asObject(tools[0])?.['name']);
}

function readMessages(value: unknown): Piece[] {
  const messages = asList(value);
  if (messages === null) throw invalid('messages: Input should be a valid list');
  if (messages.length === 0) throw invalid('messages: at least one message is required');
  return messages.flatMap((entry, index) => {
    const message = asObject(entry) ?? {};
    const role = message['role'];
    if (role !== 'user' && role !== 'assistant') {
      throw invalid(
        `messages.${index}.role: Input should be 'user' or 'assistant'` +
          (role === 'system' ? '. Use the top-level system parameter.' : ''),
      );
    }
    if (index === 0 && role !== 'user') {
      throw invalid('messages: first message must use the "user" role');
    }
    const blocks = readBlocks(message['content'], `messages.${index}.content`);
    if (blocks.length === 0) {
      throw invalid(`messages.${index}: all messages must have non-empty content`);
    }
    return [fixed(MESSAGE_TOKENS, role), ...blocks];
  });
}

function readBlocks(value: unknown, where: string): Piece[] {
  const words = asString(value);
  if (words !== null) return words === '' ? [] : [text(words)];
  const blocks = asList(value);
  if (blocks === null) throw invalid(`${where}: Input should be a valid list`);
  return blocks.flatMap((entry, index) => {
    const { cache_control: control, ...block } = asObject(entry) ?? {};
    return [readBlock(block, `${where}.${index}`), ...checkpointOf(control)];
  });
}

function readBlock(block: JsonObject, where: string): Piece {
  if (asString(block['type']) === null) throw invalid(`${where}.type: Field required`);
  if (block['type'] === 'image') return mediaPiece(JSON.stringify(block));
  if (block['type'] !== 'text') return text(JSON.stringify(block));
  const words = asString(block['text']);
  if (words === null) throw invalid(`${where}.text: Field required`);
  if (words === '') throw invalid('messages: text content blocks must be non-empty');
  return text(words);
}

function checkpointOf(control: unknown): Piece[] {
  const asked = asObject(control);
  if (asked === null) return [];
  if (asked['type'] !== 'ephemeral') {
    throw invalid("cache_control.type: Input should be 'ephemeral'");
  }
  const ttl = asked['ttl'] ?? '5m';
  if (ttl === '5m' || ttl === '1h') return [{ kind: 'checkpoint', ttl }];
  throw invalid("cache_control.ephemeral.ttl: Input should be '5m' or '1h'");
}
