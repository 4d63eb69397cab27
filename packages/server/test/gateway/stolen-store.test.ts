/**
 * Whoever steals the store - the file, its write-ahead log, its shared memory, a backup - finds no
 * credential in it and can derive none: API keys, the provisioning key and secrets of OAuth clients
 * are there as hashes, keys that sign tokens in the secret box, secrets of access keys not at all,
 * and the master key lies elsewhere.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { loadSettings, startServer } from '@tollkeeper/server';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SIGNING_KEYS, type SigningKeysRecord } from '../../src/catalog/client-records.ts';
import { accessKeyIdOf, secretAccessKeyOf } from '../../src/credentials/access-key.ts';
import { parseMasterKeys } from '../../src/credentials/master-keys.ts';
import { masterKeyBox } from '../../src/credentials/secret-box.ts';
import { sign, type Credentials } from '../credentials/sigv4/signer.ts';
import { call, converseBody } from './requests.ts';

const PATH = '/model/amazon.nova-micro-v1%3A0/converse';
const KEYS_OF_EACH_KIND = 5;

let product: RunningProduct;
let loot: string;
let outside: string;
const tokens: string[] = [];
/** Secrets of OAuth clients, tokens that fetch them, and tokens got by them. */
const ofClients: string[] = [];
const accessKeys: (Credentials & { readonly keyId: string })[] = [];

beforeAll(async () => {
  outside = mkdtempSync(join(tmpdir(), 'tollkeeper-outside-'));
  loot = mkdtempSync(join(tmpdir(), 'tollkeeper-loot-'));
  product = await startProduct({ settings: { masterKeyFile: join(outside, 'master-key') } });
  const params = { org_id: product.orgId, app_id: product.appId };
  for (let i = 0; i < KEYS_OF_EACH_KIND; i++) {
    const key = await product.client.createKey({ params, body: {} });
    tokens.push(key.api_key);
    expect((await call(product, { key: key.api_key })).status).toBe(200);
    const made = await product.client.createAccessKey({ params, body: { name: `key ${i}` } });
    const { key_id: keyId, access_key_id, secret_access_key } = made;
    accessKeys.push({ keyId, accessKeyId: access_key_id, secretAccessKey: secret_access_key });
  }
  for (const key of accessKeys) expect((await converse(key)).status).toBe(200);
  tokens.push(product.apiKey, product.provisioningKey);
  const { client_id, client_secret, secret_retrieval } =
    await product.client.rotateOrganizationSecret({ params, body: {} });
  const grant = { client_id, client_secret, grant_type: 'client_credentials' };
  const { access_token, refresh_token } = await product.client.issueToken({ body: grant });
  const { token } = secret_retrieval;
  ofClients.push(client_secret, token, access_token, refresh_token, await signingKey());
  steal();
});
afterAll(async () => {
  await product.close();
  for (const dir of [outside, loot]) rmSync(dir, { recursive: true, force: true });
});

/** The private key that signs tokens, as only the holder of the master key has it. */
async function signingKey(): Promise<string> {
  const parsed = parseMasterKeys(readFileSync(join(outside, 'master-key'), 'utf8'));
  if (parsed.kind !== 'keys') throw new Error(parsed.problem);
  const { catalog } = product.server.stores;
  const [key] =
    (await catalog.get<SigningKeysRecord>('signing_key', SIGNING_KEYS))?.value.keys ?? [];
  const box = masterKeyBox(parsed.keys, product.server.ids);
  const secret = key === undefined ? undefined : box.open(`signing key ${key.kid}`, key.sealed);
  if (secret === undefined) throw new Error('There is no signing key, or it does not open.');
  return secret;
}

/** The files as they are while the server runs, and a backup as SQLite makes it. */
function steal(): void {
  const database = new DatabaseSync(join(product.dataDir, 'tollkeeper.db'), { readOnly: true });
  database.prepare('VACUUM INTO ?').run(join(loot, 'backup.db'));
  database.close();
  for (const name of readdirSync(product.dataDir)) {
    cpSync(join(product.dataDir, name), join(loot, name), { recursive: true });
  }
}

async function converse(credentials: Credentials) {
  const body = converseBody('Hello');
  const { host } = new URL(product.endpoint);
  const headers = await sign({ path: PATH, body, host, credentials });
  const answer = await fetch(product.endpoint + PATH, { method: 'POST', headers, body });
  return { status: answer.status, error: answer.headers.get('x-amzn-errortype') };
}

/** Every form in which a secret might have been written. */
function formsOf(secret: Buffer): readonly Buffer[] {
  const hex = secret.toString('hex');
  // The inner characters of base64 depend on where the secret begins in what was encoded.
  const base64 = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), secret]).toString('base64');
    const inner = text.replace(/=+$/, '').slice(4, -4);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [
    secret,
    Buffer.from(secret.toString('latin1'), 'utf16le'),
    ...[hex, hex.toUpperCase(), ...base64].map((text) => Buffer.from(text)),
  ];
}

function masterKey(): Buffer {
  const text = readFileSync(join(outside, 'master-key'), 'utf8').trim();
  return Buffer.from(text.replace(/^\d+:/, ''), 'base64');
}

test('no file of the store holds a secret in any form', () => {
  const secrets: Buffer[] = [
    ...tokens.map((token) => token.slice(token.lastIndexOf('_') + 1)),
    ...accessKeys.map(({ secretAccessKey }) => secretAccessKey),
    ...ofClients,
  ].map((secret) => Buffer.from(secret));
  secrets.push(
    masterKey(),
    ...accessKeys.map((key) => Buffer.from(key.secretAccessKey, 'base64url')),
    ...ofClients.map((secret) => Buffer.from(secret.split('.').at(-1) ?? '', 'base64url')),
  );
  expect(secrets).toHaveLength(3 * KEYS_OF_EACH_KIND + 3 + 2 * 5);
  const files = readdirSync(loot).filter((name) => name.endsWith('.db') || name.includes('.db-'));
  expect(files.toSorted()).toEqual([
    'backup.db',
    'rates.db',
    'rates.db-shm',
    'rates.db-wal',
    'tollkeeper.db',
    'tollkeeper.db-shm',
    'tollkeeper.db-wal',
  ]);
  const bytes = files.map((name) => readFileSync(join(loot, name)));
  // The search is void if it cannot find what is certainly there.
  for (const { keyId } of accessKeys) {
    expect(bytes.filter((file) => file.includes(keyId)).length).toBeGreaterThanOrEqual(2);
  }
  for (const secret of secrets) {
    for (const form of formsOf(secret)) {
      expect(bytes.map((file) => file.indexOf(form))).toEqual(bytes.map(() => -1));
    }
  }
});

test('the master key is not in the data directory, when it is kept outside', () => {
  const names = readdirSync(product.dataDir, { recursive: true, encoding: 'utf8' });
  expect(names.filter((name) => name.includes('master'))).toEqual([]);
});

test('nothing in the store serves as master key', async () => {
  const [{ keyId } = { keyId: '' }] = accessKeys;
  const database = new DatabaseSync(join(loot, 'backup.db'), { readOnly: true });
  const documents = database
    .prepare('SELECT * FROM catalog')
    .all()
    .map((row) => row['value']);
  database.close();
  const words = new Set(documents.join(' ').match(/[A-Za-z0-9+/_-]{32,}/g));
  expect([...words].some((word) => /^[0-9a-f]{64}$/.test(word))).toBe(true);
  const guesses = [...words].flatMap((word) => [
    Buffer.from(word),
    Buffer.from(word, 'hex'),
    Buffer.from(word, 'base64'),
  ]);
  let tried = 0;
  for (const guess of guesses) {
    const parsed = parseMasterKeys(`1:${guess.toString('base64')}`);
    if (parsed.kind !== 'keys') continue;
    const secretAccessKey = secretAccessKeyOf(parsed.keys, keyId) ?? '';
    const forged = { accessKeyId: accessKeyIdOf(keyId), secretAccessKey };
    expect(await converse(forged)).toEqual({ status: 403, error: 'InvalidSignatureException' });
    tried += 1;
  }
  expect(tried).toBeGreaterThan(10);
  const signedWithHash = {
    accessKeyId: accessKeyIdOf(keyId),
    secretAccessKey: [...words][0] ?? '',
  };
  expect(await converse(signedWithHash)).toMatchObject({ status: 403 });
});

test('a stolen store is of no use under another master key', async () => {
  const start = (masterKeyText: string | null) => {
    const loaded = loadSettings({
      env: masterKeyText === null ? {} : { TOLLKEEPER_MASTER_KEY: masterKeyText },
      flags: { port: 0, dataDir: loot, logLevel: 'silent', upstreamUrl: product.simulator.url },
    });
    if (loaded.kind !== 'ok') throw new Error(loaded.problems.map((each) => each.message).join());
    return startServer(loaded.settings, {
      version: 'test',
      onFatal: (error) => {
        throw error;
      },
    });
  };
  await expect(start(null)).rejects.toThrow(/There is no master key/);
  const own = `1:${Buffer.alloc(32, 5).toString('base64')}`;
  await expect(start(own)).rejects.toThrow(/another key as version 1/);
});
