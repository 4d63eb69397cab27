/**
 * Reading of what a chat-completions request holds besides its options: messages of text and
 * images, and tools.
 */
import { malformed } from '../wire/failure.ts';
import { fixed, MESSAGE_TOKENS, type Piece, text, TOOL_SET_TOKENS } from './ask.ts';
import { mediaPiece } from './conversation.ts';
import { asList, asObject, asString, type JsonObject } from './json.ts';

const ROLES: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant', 'tool']);

/** The pieces of the messages. Throws a `ValidationException`. */
export function readChatMessages(messages: readonly unknown[]): Piece[] {
  return messages.flatMap((entry, index) => {
    const { role, content, ...others } = asObject(entry) ?? {};
    const named = asString(role);
    if (named === null || !ROLES.has(named)) {
      throw malformed(`#/messages/${index}/role: ${JSON.stringify(role ?? null)} is no role`);
    }
    const rest = Object.keys(others).length === 0 ? [] : [text(JSON.stringify(others))];
    return [fixed(MESSAGE_TOKENS, named), ...readContent(content, index), ...rest];
  });
}

function readContent(content: unknown, index: number): Piece[] {
  if (content === undefined || content === null) return [];
  const words = asString(content);
  if (words !== null) return words === '' ? [] : [text(words)];
  const parts = asList(content);
  if (parts === null) throw malformed(`#/messages/${index}/content: expected type: String`);
  return parts.map((entry) => {
    const part = asObject(entry) ?? {};
    const partText = asString(part['text']);
    if (partText !== null) return text(partText);
    return part['image_url'] === undefined
      ? text(JSON.stringify(part))
      : mediaPiece(JSON.stringify(part));
  });
}

/** The pieces of the tools, and the tool that the request forces the model to call. */
export function readChatTools(body: JsonObject): {
  readonly pieces: readonly Piece[];
  readonly forced: string | null;
} {
  const tools = asList(body['tools']) ?? [];
  if (tools.length === 0) return { pieces: [], forced: null };
  const pieces = [fixed(TOOL_SET_TOKENS), ...tools.map((tool) => text(JSON.stringify(tool)))];
  return { pieces, forced: forcedTool(body['tool_choice'], tools) };
}

function forcedTool(choice: unknown, tools: readonly unknown[]): string | null {
  if (choice === 'required' || choice === 'any') return nameOf(tools[0]);
  return nameOf(choice);
}

function nameOf(tool: unknown): string | null {
  return asString(asObject(asObject(tool)?.['function'])?.['name']);
}
