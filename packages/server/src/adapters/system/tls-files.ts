/** Certificate and private key of the listener, read once at the start and tried out. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/**
 * The two files, or undefined when none is set. Throws when one cannot be read, or the two do not
 * make a pair; the message names the setting.
 */
export function readTlsFiles(settings: {
  readonly tlsCertFile: string | null;
  readonly tlsKeyFile: string | null;
}): { readonly cert: Buffer; readonly key: Buffer } | undefined {
  const { tlsCertFile, tlsKeyFile } = settings;
  if (tlsCertFile === null || tlsKeyFile === null) return undefined;
  const cert = read('tls_cert_file', tlsCertFile);
  const key = read('tls_key_file', tlsKeyFile);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new Error(
      `tls_cert_file ${tlsCertFile} and tls_key_file ${tlsKeyFile} are no certificate and its ` +
        `private key as PEM (${codeOf(error)}).`,
    );
  }
  return { cert, key };
}

function read(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${setting} ${path} cannot be read (${codeOf(error)}).`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error';
}
