/** Clients of the real AWS SDK for the control plane of a simulator, and what they are refused. */
import { BedrockClient, type BedrockServiceException } from '@aws-sdk/client-bedrock';
import { onTestFinished } from 'vitest';
import { DEFAULT_CREDENTIALS, type Simulator } from '../../src/index.ts';

export const OWNED = 'arn:aws:bedrock:us-east-1:123456789012';
export const HAIKU = 'anthropic.claude-3-haiku-20240307-v1:0';

/** A client that signs for a region and never repeats. */
export function bedrock(simulator: Simulator, region = 'us-east-1'): BedrockClient {
  const made = new BedrockClient({
    endpoint: simulator.url,
    region,
    credentials: DEFAULT_CREDENTIALS,
    maxAttempts: 1,
  });
  onTestFinished(() => made.destroy());
  return made;
}

/** Name, status and message of a refusal. */
export async function refusal(call: Promise<unknown>): Promise<{
  readonly name: string;
  readonly status: number | undefined;
  readonly message: string;
  readonly resourceName?: string | undefined;
}> {
  const failure: unknown = await call.then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  const told = failure as BedrockServiceException & { readonly resourceName?: string };
  return {
    name: told.name,
    status: told.$metadata?.httpStatusCode,
    message: told.message,
    resourceName: told.resourceName,
  };
}

/** Changes settings of a run. */
export async function configure(simulator: Simulator, settings: object): Promise<void> {
  const body = JSON.stringify(settings);
  await fetch(`${simulator.url}/_simulator/config`, { method: 'POST', body });
}
