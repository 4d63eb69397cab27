/**
 * The shape of the Nova models' own bodies in InvokeModel: Converse's words with usage names of
 * their own.
 */
import { type Generation, writtenTokens } from '../generate/generation.ts';
import { readConversation } from './conversation.ts';
import { toolInput, toolUseId } from './converse.ts';
import { chunk, type Dialect, type DialectEvent, invocationMetrics } from './dialect.ts';

/** Nova, understanding models. */
export const nova: Dialect = {
  read: readConversation,

  whole(generation) {
    const tool = generation.ask.forcedTool;
    const content =
      tool === null
        ? { text: generation.text }
        : {
            toolUse: {
              name: tool,
              toolUseId: toolUseId(generation),
              input: toolInput(generation),
            },
          };
    return {
      output: { message: { content: [content], role: 'assistant' } },
      stopReason: generation.stopReason,
      ...usageOf(generation),
    };
  },

  *events(generation): Iterable<DialectEvent> {
    yield chunk({ messageStart: { role: 'assistant' } });
    const tool = generation.ask.forcedTool;
    if (tool !== null) {
      const toolUse = { name: tool, toolUseId: toolUseId(generation) };
      yield chunk({ contentBlockStart: { start: { toolUse }, contentBlockIndex: 0 } });
    }
    for (const generated of generation.parts) {
      const delta = tool === null ? { text: generated } : { toolUse: { input: generated } };
      yield {
        ...chunk({ contentBlockDelta: { delta, contentBlockIndex: 0 } }),
        generated,
      };
    }
    yield chunk({ contentBlockStop: { contentBlockIndex: 0 } });
    yield chunk({ messageStop: { stopReason: generation.stopReason } });
    yield chunk({
      metadata: { ...usageOf(generation), metrics: {}, trace: {} },
      ...invocationMetrics(generation),
    });
  },
};

function usageOf(generation: Generation): Readonly<Record<string, unknown>> {
  const usage = generation.reported;
  if (usage === null) return {};
  const written = writtenTokens(usage);
  return {
    usage: {
      inputTokens: usage.input,
      outputTokens: usage.output,
      totalTokens: usage.input + usage.cacheRead + written + usage.output,
      cacheReadInputTokenCount: usage.cacheRead,
      cacheWriteInputTokenCount: written,
    },
  };
}
