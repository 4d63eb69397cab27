/**
 * Who may call: a good SigV4 signature of a known access key, or a known Bedrock API key as
 * bearer. All failures are 403, as at AWS; the exception name tells them apart.
 */
import { Failure } from '../wire/failure.ts';
import { type SignedRequest, type Trust, verifySignature } from './sigv4.ts';

/** What callers are checked against. */
export interface Callers extends Trust {
  readonly bearerTokens: ReadonlySet<string>;
}

/** Passes when the request is allowed, throws the exception that AWS gives otherwise. */
export function authenticate(request: SignedRequest, callers: Callers): void {
  const authorization = request.header('authorization');
  if (authorization === undefined || authorization === '') {
    throw new Failure('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if (authorization.startsWith('AWS4-HMAC-SHA256 ')) {
    verifySignature(authorization, request, callers);
    return;
  }
  const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (bearer === undefined) {
    throw new Failure(
      'IncompleteSignatureException',
      'Authorization header requires a supported scheme.',
    );
  }
  if (!callers.bearerTokens.has(bearer)) {
    throw new Failure(
      'AccessDeniedException',
      'Authentication failed: Please make sure your API Key is valid.',
    );
  }
}
