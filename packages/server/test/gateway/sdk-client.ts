/** The real AWS SDK for JavaScript against a running product, as an application sets it up. */
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type BedrockRuntimeClientConfig,
  type ConverseCommandInput,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { RunningProduct } from '@tollkeeper/testkit';

/** HTTP/2 is what the SDK speaks by itself; HTTP/1.1 what many applications configure. */
export const PROTOCOLS = ['HTTP/2', 'HTTP/1.1'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface SdkOptions {
  readonly apiKey?: string;
  /** Script for the simulator, of every attempt or of those it answers for. */
  readonly fault?: string | ((attempt: number) => string);
  readonly config?: BedrockRuntimeClientConfig;
}

/** A client with the SDK's own retries, and how many attempts it has made. */
export interface Sdk {
  readonly client: BedrockRuntimeClient;
  attempts(): number;
}

/** Builds a client. Destroy it when done. */
export function sdkFor(product: RunningProduct, protocol: Protocol, options: SdkOptions = {}): Sdk {
  const client = new BedrockRuntimeClient({
    endpoint: product.endpoint,
    region: 'us-east-1',
    token: { token: options.apiKey ?? product.apiKey },
    authSchemePreference: ['httpBearerAuth'],
    ...(protocol === 'HTTP/1.1' ? { requestHandler: new NodeHttpHandler() } : {}),
    ...options.config,
  });
  let attempts = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      attempts += 1;
      const { fault } = options;
      const script = typeof fault === 'function' ? fault(attempts) : (fault ?? '');
      const { headers } = args.request as { headers: Record<string, string> };
      delete headers['x-simulator-fault'];
      if (script !== '') headers['x-simulator-fault'] = script;
      return next(args);
    },
    { step: 'finalizeRequest', name: 'countAndScript', priority: 'low' },
  );
  return { client, attempts: () => attempts };
}

/** A Converse request of one message. */
export function question(modelId: string, text = 'What is a ledger?'): ConverseCommandInput {
  return {
    modelId,
    messages: [{ role: 'user', content: [{ text }] }],
    inferenceConfig: { maxTokens: 64 },
  };
}

/** A body in the model's own dialect. */
export function nativeBody(modelId: string, text = 'What is a ledger?'): string {
  if (modelId.includes('anthropic.')) {
    return JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 64,
      messages: [{ role: 'user', content: text }],
    });
  }
  if (modelId.includes('titan-embed')) return JSON.stringify({ inputText: text });
  if (modelId.includes('titan')) {
    return JSON.stringify({ inputText: text, textGenerationConfig: { maxTokenCount: 64 } });
  }
  return JSON.stringify({
    messages: [{ role: 'user', content: [{ text }] }],
    inferenceConfig: { maxTokens: 64 },
  });
}

/** What came of one SDK call, read to its end. */
export interface SdkAnswer {
  /** All text of the answer, or the embedding as JSON. */
  readonly text: string;
  /** Kinds of stream events in order; empty when not streamed. */
  readonly events: readonly string[];
  /** Output tokens as the answer itself tells them; null where the shape tells none. */
  readonly outputTokens: number | null;
}

export type OperationName =
  'Converse' | 'ConverseStream' | 'InvokeModel' | 'InvokeModelWithResponseStream';

/** Makes one call and reads its answer to the end; rejects as the SDK does. */
export async function sdkCall(
  { client }: Sdk,
  operation: OperationName,
  modelId: string,
): Promise<SdkAnswer> {
  switch (operation) {
    case 'Converse': {
      const { output, usage } = await client.send(new ConverseCommand(question(modelId)));
      const text = output?.message?.content?.[0]?.text ?? '';
      return { text, events: [], outputTokens: usage?.outputTokens ?? null };
    }
    case 'ConverseStream': {
      const { stream } = await client.send(new ConverseStreamCommand(question(modelId)));
      const events: string[] = [];
      let text = '';
      let outputTokens: number | null = null;
      for await (const event of stream ?? []) {
        events.push(Object.keys(event)[0] ?? '');
        text += event.contentBlockDelta?.delta?.text ?? '';
        outputTokens = event.metadata?.usage?.outputTokens ?? outputTokens;
      }
      return { text, events, outputTokens };
    }
    case 'InvokeModel': {
      const input = { modelId, body: nativeBody(modelId) };
      const { body } = await client.send(new InvokeModelCommand(input));
      return { text: Buffer.from(body).toString(), events: [], outputTokens: null };
    }
    case 'InvokeModelWithResponseStream': {
      const input = { modelId, body: nativeBody(modelId) };
      const answer = await client.send(new InvokeModelWithResponseStreamCommand(input));
      const events: string[] = [];
      let text = '';
      for await (const event of answer.body ?? []) {
        events.push(Object.keys(event)[0] ?? '');
        text += Buffer.from(event.chunk?.bytes ?? []).toString();
      }
      return { text, events, outputTokens: null };
    }
  }
}
