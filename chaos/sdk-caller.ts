/**
 * Calls with the real AWS SDK for JavaScript, over HTTP/2 and over HTTP/1.1, as an application
 * makes them: with a bearer token, with the SDK's own retries, and now and then giving up in the
 * middle.
 */
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import type { ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { codeOf } from './answers.ts';
import type { Answer } from './answers.ts';
import type { Plan } from './plans.ts';
import type { Demo } from './processes.ts';

/** The SDK as an application sets it up. One client serves any number of calls. */
export class SdkCaller {
  readonly #client: BedrockRuntimeClient;

  constructor(demo: Demo, protocol: 'h2' | 'http1') {
    this.#client = new BedrockRuntimeClient({
      endpoint: demo.endpoint,
      region: demo.region,
      token: { token: demo.api_key },
      authSchemePreference: ['httpBearerAuth'],
      maxAttempts: 3,
      ...(protocol === 'http1' ? { requestHandler: new NodeHttpHandler() } : {}),
    });
  }

  /** Makes one call and reads its answer to the end. Never rejects. */
  async call(plan: Plan, abort: AbortSignal): Promise<Answer> {
    try {
      const bytes = await this.#send(plan, abort);
      // A stream that its caller gave up may look as if it had ended.
      return abort.aborted ? { kind: 'left' } : { kind: 'complete', bytes };
    } catch (error) {
      if (abort.aborted) return { kind: 'left' };
      return answerOf(error);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #send(plan: Plan, abortSignal: AbortSignal): Promise<number> {
    const options = { abortSignal };
    const { modelId } = plan;
    switch (plan.operation) {
      case 'converse': {
        const command = new ConverseCommand(converseInput(plan));
        scripted(command, plan);
        const answer = await this.#client.send(command, options);
        return JSON.stringify(answer.output).length;
      }
      case 'converse-stream': {
        const command = new ConverseStreamCommand(converseInput(plan));
        scripted(command, plan);
        const answer = await this.#client.send(command, options);
        return countStream(answer.stream);
      }
      case 'invoke': {
        const command = new InvokeModelCommand({ modelId, body: JSON.stringify(plan.body) });
        scripted(command, plan);
        const answer = await this.#client.send(command, options);
        return answer.body.length;
      }
      case 'invoke-with-response-stream': {
        const input = { modelId, body: JSON.stringify(plan.body) };
        const command = new InvokeModelWithResponseStreamCommand(input);
        scripted(command, plan);
        const answer = await this.#client.send(command, options);
        return countStream(answer.body);
      }
    }
  }
}

function converseInput(plan: Plan): ConverseCommandInput {
  return { modelId: plan.modelId, ...plan.body };
}

async function countStream(stream: AsyncIterable<unknown> | undefined): Promise<number> {
  let events = 0;
  for await (const event of stream ?? []) if (event !== undefined) events += 1;
  return events;
}

interface WithHeaders {
  readonly headers: Record<string, string>;
}

/** What the SDK lets us do to the request of one attempt: nothing but to add the script. */
interface Scriptable {
  readonly middlewareStack: {
    add(
      middleware: (
        next: (args: { request: unknown }) => Promise<never>,
      ) => (args: { request: unknown }) => Promise<never>,
      options: { step: 'finalizeRequest'; name: string; priority: 'low' },
    ): void;
  };
}

/** Adds `x-simulator-fault` to every attempt, or to the first one only. */
function scripted(command: unknown, plan: Plan): void {
  const { script } = plan;
  if (script === null) return;
  let attempts = 0;
  (command as Scriptable).middlewareStack.add(
    (next) => (args) => {
      attempts += 1;
      if (attempts === 1 || plan.everyAttempt) {
        (args.request as WithHeaders).headers['x-simulator-fault'] = script;
      } else {
        delete (args.request as WithHeaders).headers['x-simulator-fault'];
      }
      return next(args);
    },
    { step: 'finalizeRequest', name: 'scriptedFault', priority: 'low' },
  );
}

function answerOf(error: unknown): Answer {
  if (!(error instanceof Error)) return { kind: 'failed', name: String(error), status: null };
  const metadata = (error as { $metadata?: { httpStatusCode?: number } }).$metadata;
  const name = error.name === 'Error' ? codeOf(error) : error.name;
  return { kind: 'failed', name, status: metadata?.httpStatusCode ?? null };
}
