/**
 * The doors that there are, and the way of a request through one of them into the pipeline. A door
 * is no side door: `callAt` makes an ordinary call, which `serveCall` serves like any other.
 */
import type { Exchange } from '../../http/exchange.ts';
import { refused, type Call, type OpenedCall, type Refused } from '../call.ts';
import type { Gateway } from '../gateway.ts';
import { matchModelPath, modelPath } from '../wire/path.ts';
import { openBody } from '../wire/request-body.ts';
import { APPORTIONING, APPORTIONING_STREAM } from './apportioning.ts';
import { CHAT } from './chat.ts';
import { DoorExchange, TranslatingExchange } from './door-exchange.ts';
import type { Door, Opened } from './door.ts';
import { PROFILING } from './profiling.ts';

/** All doors. What is under their first segments and is none of their paths is refused. */
export const DOORS: readonly Door[] = [APPORTIONING, APPORTIONING_STREAM, PROFILING, CHAT];

const BY_PATH: ReadonlyMap<string, Door> = new Map(
  DOORS.flatMap((door) => door.paths.map((path): [string, Door] => [path, door])),
);

/** The door at a target without its stage; undefined when there is none. */
export function doorAt(target: string): Door | undefined {
  const queryAt = target.indexOf('?');
  return BY_PATH.get(queryAt === -1 ? target : target.slice(0, queryAt));
}

/** The exchange through which everything at the door is answered, refusals included. */
export function exchangeAt(door: Door, inner: Exchange): DoorExchange {
  return door.errors === 'aws'
    ? new DoorExchange(inner, door)
    : new TranslatingExchange(inner, door);
}

/** The call of a request at a door; which model it is for shows when its body has been read. */
export function callAt(
  gateway: Gateway,
  door: Door,
  exchange: DoorExchange,
  rest: Pick<
    Call,
    'signedTarget' | 'requestId' | 'startedAt' | 'startedMonotonic' | 'invocationId'
  >,
): Call {
  const call: Call = {
    ...rest,
    exchange,
    operation: door.operation,
    modelId: '',
    guardrailId: null,
    forwardPath: '',
    door: door.name,
    open: (caller, body) => {
      if ((caller.principal.key_id === null) !== (door.takes === 'person')) return otherKind(door);
      const opened = openBody((name) => exchange.header(name), body);
      if (opened.kind === 'invalid') {
        return refused('ValidationException', 'body_invalid', opened.message);
      }
      const query = queryOf(exchange.target);
      const { parsed, text } = opened;
      const asked = door.open(gateway, { caller, query, body: parsed, text });
      if (asked.kind === 'refused') return asked;
      const placed = placedAt(call, asked);
      if (placed.kind === 'opened' && exchange instanceof TranslatingExchange) {
        exchange.answerWith(asked.answer);
      }
      return placed;
    },
  };
  return call;
}

const NO_MODEL = { kind: 'unknown_inference' } as const;

/** The call with its model; the same rules judge the identifier as if it stood in the path. */
function placedAt(call: Call, asked: Opened): OpenedCall | Refused {
  const { operation, modelId } = asked;
  // Half of a character (a lone surrogate) cannot stand in a path.
  const match = modelId.isWellFormed() ? matchModelPath(modelPath(operation, modelId)) : NO_MODEL;
  if (match.kind !== 'operation' || match.modelId === null) {
    const message = match.kind === 'malformed' ? match.message : 'There is no such model.';
    return refused('ValidationException', 'model_id_malformed', message);
  }
  const { modelId: named, forwardPath } = match;
  return {
    kind: 'opened',
    call: { ...call, operation, modelId: named, forwardPath },
    body: bodyOf(asked),
  };
}

/** The bytes of the model's body. */
export function bodyOf({ body }: Pick<Opened, 'body'>): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function otherKind({ takes }: Door): Refused {
  return takes === 'key'
    ? refused(
        'AccessDeniedException',
        'wrong_kind_of_credential',
        'This path takes an API key in the Authorization header, not the token of a person.',
      )
    : refused(
        'UnrecognizedClientException',
        'wrong_kind_of_credential',
        'This path takes the token of a person who signed in, not an API key.',
      );
}

function queryOf(target: string): URLSearchParams {
  const queryAt = target.indexOf('?');
  return new URLSearchParams(queryAt === -1 ? '' : target.slice(queryAt + 1));
}
