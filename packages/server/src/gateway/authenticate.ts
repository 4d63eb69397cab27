/** First step: whose credential is this? Nothing of the body has been read yet. */
import type { Authenticated, Caller } from '../credentials/authority.ts';
import type { Exchange } from '../http/exchange.ts';
import { StoreUnavailable } from '../ports/ledger-store.ts';
import { refused, type Refused } from './call.ts';
import type { Gateway } from './gateway.ts';

export interface Authorized {
  readonly kind: 'authenticated';
  readonly caller: Caller;
  /** Revision of the catalogue by which the caller was read. */
  readonly revision: number;
}

/**
 * Reads `Authorization: Bearer`, else `x-api-key`. Answers from memory when it can, unless
 * `afresh`: then the answer is that of the catalogue as it is now.
 */
export function authenticate(
  gateway: Gateway,
  exchange: Exchange,
  { afresh = false }: { readonly afresh?: boolean } = {},
): Authorized | Refused | Promise<Authorized | Refused> {
  const token = tokenOf(exchange);
  if (token.kind === 'refused') return token;
  const known = afresh ? undefined : gateway.authority.peek(token.token);
  if (known !== undefined) return judge(known);
  return gateway.authority.resolve(token.token).then(judge, (error: unknown) => {
    if (error instanceof StoreUnavailable) return storeUnavailable();
    throw error;
  });
}

/** The refusal while the ledger cannot be written: nothing may be sent unrecorded. */
export function storeUnavailable(): Refused {
  return refused(
    'ServiceUnavailableException',
    'store_unavailable',
    'The ledger cannot be written at the moment, so the call was not sent. Try again shortly.',
    1,
  );
}

function tokenOf(exchange: Exchange): { kind: 'token'; token: string } | Refused {
  const authorization = exchange.header('authorization');
  const apiKey = exchange.header('x-api-key');
  if (authorization !== undefined) {
    const bearer = /^bearer +(\S+)$/i.exec(authorization);
    if (bearer?.[1] !== undefined) return { kind: 'token', token: bearer[1] };
    if (apiKey === undefined) return wrongScheme(authorization);
  }
  if (apiKey !== undefined && apiKey !== '') return { kind: 'token', token: apiKey };
  return refused(
    'MissingAuthenticationTokenException',
    'missing_credential',
    'No credential was sent. Put a Tollkeeper API key into AWS_BEARER_TOKEN_BEDROCK, or send it ' +
      'as Authorization: Bearer or x-api-key.',
  );
}

function wrongScheme(authorization: string): Refused {
  const signed = authorization.startsWith('AWS4-');
  return refused(
    'UnrecognizedClientException',
    'wrong_scheme',
    signed
      ? 'The request is signed with AWS credentials, which this gateway does not know. Use a ' +
          'Tollkeeper API key: put it into AWS_BEARER_TOKEN_BEDROCK.'
      : 'The Authorization header should read "Bearer <Tollkeeper API key>".',
  );
}

function judge(answer: Authenticated): Authorized | Refused {
  switch (answer.kind) {
    case 'key':
      return answer.caller.principal.scopes.includes('invoke')
        ? { kind: 'authenticated', caller: answer.caller, revision: answer.revision }
        : refused(
            'AccessDeniedException',
            'scope_missing',
            'This API key may not call models: it lacks the scope "invoke".',
          );
    case 'provisioning':
      return refused(
        'AccessDeniedException',
        'wrong_kind_of_key',
        'The provisioning key administers; it never calls models. Use an API key of an ' +
          'application.',
      );
    case 'expired':
      return refused(
        'ExpiredTokenException',
        'key_expired',
        'This API key has expired. Ask for a new one.',
      );
    case 'revoked':
      return refused(
        'AccessDeniedException',
        'key_revoked',
        'This API key has been revoked. Ask for a new one.',
      );
    case 'wrong_kind':
      return refused(
        'UnrecognizedClientException',
        'wrong_kind_of_key',
        `The credential is ${answer.what}. This gateway takes Tollkeeper API keys (tk_...).`,
      );
    case 'unknown':
      return refused(
        'UnrecognizedClientException',
        'key_unknown',
        'The API key is not known here. Check that it was copied whole, and that the endpoint is ' +
          'right.',
      );
  }
}
