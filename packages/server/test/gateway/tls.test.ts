/**
 * The whole product over TLS: HTTP/2 or HTTP/1.1 on one port, as the client chooses by ALPN, and
 * what TLS permits that plain HTTP does not.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sign, type Credentials } from '../credentials/sigv4/signer.ts';
import { makeCertificate } from '../http/certificate.ts';
import { converseBody } from './requests.ts';
import { PROTOCOLS, sdkCall, sdkFor } from './sdk-client.ts';

const NOVA = 'amazon.nova-lite-v1:0';

let dir: string;
let product: RunningProduct;
let key: Credentials;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-tls-'));
  const { cert, key: privateKey } = makeCertificate();
  const tlsCertFile = join(dir, 'cert.pem');
  const tlsKeyFile = join(dir, 'key.pem');
  writeFileSync(tlsCertFile, cert);
  writeFileSync(tlsKeyFile, privateKey, { mode: 0o600 });
  setDefaultCACertificates([...getCACertificates(), cert]);
  product = await startProduct({ settings: { tlsCertFile, tlsKeyFile } });
  const params = { org_id: product.orgId, app_id: product.appId };
  const made = await product.client.createAccessKey({ params, body: {} });
  key = { accessKeyId: made.access_key_id, secretAccessKey: made.secret_access_key };
});
afterAll(async () => {
  await product.close();
  rmSync(dir, { recursive: true, force: true });
});

describe.each(PROTOCOLS)('%s', (protocol) => {
  test.each(['Converse', 'ConverseStream'] as const)('%s, with either credential', async (name) => {
    expect(product.endpoint).toMatch(/^https:/);
    for (const config of [{}, { credentials: key, authSchemePreference: ['sigv4'] }]) {
      const caller = sdkFor(product, protocol, { config });
      expect((await sdkCall(caller, name, NOVA)).text.length).toBeGreaterThan(20);
      caller.client.destroy();
    }
  });
});

test.each([
  [['h2', 'http/1.1'], 'h2'],
  [['http/1.1'], 'http/1.1'],
  [[], false],
])('a client that offers %j speaks %s', async (ALPNProtocols, chosen) => {
  const { hostname: host, port } = new URL(product.endpoint);
  const socket = connect({ host, port: Number(port), ALPNProtocols });
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
  });
  expect(socket.alpnProtocol).toBe(chosen);
  socket.destroy();
});

test('plain HTTP is not answered on the port', async () => {
  const plain = product.endpoint.replace('https:', 'http:');
  await expect(fetch(`${plain}/health`)).rejects.toThrow();
});

test('a body may be left unsigned, as its way is encrypted', async () => {
  const { host, hostname, port } = new URL(product.endpoint);
  const path = `/model/${encodeURIComponent(NOVA)}/converse`;
  const body = converseBody('Hello');
  const headers = await sign({
    path,
    body,
    host,
    credentials: key,
    headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const call = httpsRequest({ hostname, port, path, method: 'POST', headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    call.on('error', reject).end(body);
  });
  expect(status).toBe(200);
});
