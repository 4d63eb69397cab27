/** The AWS identity of the gateway, from the SDK's default chain. */
import type { AwsCredentials } from './authorizer.ts';

/**
 * Environment, shared files, container and instance roles, in the order that AWS documents; cached
 * until shortly before they expire. The library is loaded with the first call that needs it, since
 * it is large and many installations (the demo, Bedrock API keys) never do.
 */
export function awsCredentials(): () => Promise<AwsCredentials> {
  let provider: Promise<() => Promise<AwsCredentials>> | undefined;
  return async () => {
    provider ??= import('@aws-sdk/credential-providers').then(({ fromNodeProviderChain }) =>
      fromNodeProviderChain(),
    );
    return (await provider)();
  };
}
