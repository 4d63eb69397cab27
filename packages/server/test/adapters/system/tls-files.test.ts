/** The files of the listener's certificate: both or none, and only a pair. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTlsFiles } from '../../../src/adapters/system/tls-files.ts';
import { makeCertificate, type TestCertificate } from '../../http/certificate.ts';

let dir: string;
let pair: TestCertificate;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-tls-'));
  pair = makeCertificate();
  writeFileSync(join(dir, 'cert'), pair.cert);
  writeFileSync(join(dir, 'key'), pair.key);
  writeFileSync(join(dir, 'other'), makeCertificate().key);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const read = (cert: string | null, key: string | null) =>
  readTlsFiles({
    tlsCertFile: cert === null ? null : join(dir, cert),
    tlsKeyFile: key === null ? null : join(dir, key),
  });

test('a pair is read, and none is none', () => {
  const files = read('cert', 'key');
  expect([files?.cert.toString(), files?.key.toString()]).toEqual([pair.cert, pair.key]);
  expect(read(null, null)).toBeUndefined();
});

test('a file that is missing, and two that are no pair, are named', () => {
  expect(() => read('none', 'key')).toThrow(/^tls_cert_file .*none cannot be read \(ENOENT\)/);
  expect(() => read('cert', 'none')).toThrow(/^tls_key_file .*none cannot be read \(ENOENT\)/);
  expect(() => read('cert', 'other')).toThrow(/no certificate and its private key/);
  expect(() => read('key', 'cert')).toThrow(/no certificate and its private key/);
});
