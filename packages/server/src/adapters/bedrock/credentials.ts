/** The AWS identity of the gateway, from the SDK's default chain. */
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { AwsCredentials } from './authorizer.ts';

/** Environment, shared files, container and instance roles, in the order that AWS documents; cached. */
export function awsCredentials(): () => Promise<AwsCredentials> {
  return fromNodeProviderChain();
}
