/** Reads documents of issuers over HTTP. A redirect is a failure: keys come from where we asked. */
import type { IssuerDocument, IssuerDocuments } from '../../ports/issuer-documents.ts';

export interface HttpDocumentsOptions {
  /** For all of it: connection, request and answer. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

export function httpDocuments({ timeoutMs, bytesMax }: HttpDocumentsOptions): IssuerDocuments {
  return {
    async get(url, headers = {}) {
      try {
        const signal = AbortSignal.timeout(timeoutMs);
        const answer = await fetch(url, {
          headers: { accept: 'application/json', ...headers },
          redirect: 'error',
          signal,
        });
        return { kind: 'answered', status: answer.status, body: await jsonOf(answer, bytesMax) };
      } catch {
        return FAILED;
      }
    },
  };
}

const FAILED: IssuerDocument = Object.freeze({ kind: 'failed' });

async function jsonOf(answer: Response, bytesMax: number): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const stream: AsyncIterable<Uint8Array> | null = answer.body;
  if (stream === null) return undefined;
  for await (const part of stream) {
    bytes += part.byteLength;
    // Leaving the loop cancels the rest.
    if (bytes > bytesMax) throw new Error('The answer is too long.');
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return undefined;
  }
}
