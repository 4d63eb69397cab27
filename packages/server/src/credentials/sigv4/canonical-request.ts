/**
 * The canonical request of AWS Signature Version 4 as Bedrock computes it: the path is encoded once
 * more than it was sent. Everything is built from what was received and is used afterwards, so that
 * what is verified is what is acted upon.
 */

/** What is signed of a request, beside its body. */
export interface SignedParts {
  readonly method: string;
  /** Path and query exactly as they were received. */
  readonly target: string;
  /** Value of a header by its lower-case name; `:authority` and `host` both work over HTTP/2. */
  readonly header: (name: string) => string | undefined;
}

/**
 * The canonical request under the headers that are claimed to be signed. Undefined when one of them
 * did not come, or the target cannot be encoded: no signature can be right then.
 */
export function canonicalRequest(
  request: SignedParts,
  signedHeaders: readonly string[],
  bodyHash: string,
): string | undefined {
  const { target } = request;
  if (!/^[!-~]*$/.test(target)) return undefined;
  const queryAt = target.indexOf('?');
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  const query = queryAt < 0 ? '' : canonicalQuery(target.slice(queryAt + 1));
  if (query === undefined) return undefined;
  let headers = '';
  for (const name of signedHeaders) {
    const value: unknown = request.header(name);
    // What every object has by birth, such as `constructor`, is no header that came.
    if (typeof value !== 'string') return undefined;
    headers += `${name}:${value.trim().replace(/\s+/g, ' ')}\n`;
  }
  return [request.method, encode(path, true), query, headers, signedHeaders.join(';'), bodyHash] //
    .join('\n');
}

/** RFC 3986: everything but letters, digits, `-`, `.`, `_`, `~` and, in a path, slashes. */
function encode(text: string, keepSlashes: boolean): string {
  const encoded = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return keepSlashes ? encoded.replaceAll('%2F', '/') : encoded;
}

/** Pairs decoded, encoded again and sorted; undefined when they cannot be decoded. */
function canonicalQuery(query: string): string | undefined {
  if (query === '') return '';
  try {
    const pairs = query.split('&').map((pair): readonly [string, string] => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [encode(decodeURIComponent(name), false), encode(decodeURIComponent(value), false)];
    });
    return pairs
      .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
      .map((pair) => pair.join('='))
      .join('&');
  } catch {
    return undefined;
  }
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
