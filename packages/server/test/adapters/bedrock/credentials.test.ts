/** The AWS identity of the gateway comes from where AWS documents it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { awsCredentials } from '../../../src/adapters/bedrock/credentials.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aws-credentials-'));
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  }
  // Nothing of this machine, and no address that answers only on AWS.
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('the environment comes first', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENVIRONMENT');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'token');
  expect(await awsCredentials()()).toMatchObject({
    accessKeyId: 'AKIDENVIRONMENT',
    secretAccessKey: 'secret',
    sessionToken: 'token',
  });
});

test('then the shared file, in the profile that is asked for', async () => {
  const profile = '[team]\naws_access_key_id = AKIDFILE\naws_secret_access_key = secret\n';
  writeFileSync(join(folder, 'credentials'), profile);
  vi.stubEnv('AWS_PROFILE', 'team');
  expect(await awsCredentials()()).toMatchObject({ accessKeyId: 'AKIDFILE' });
});

test('where there are none, the call fails and the next one looks again', async () => {
  const credentials = awsCredentials();
  await expect(credentials()).rejects.toThrow('credentials');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDLATER');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  expect(await credentials()).toMatchObject({ accessKeyId: 'AKIDLATER' });
});
