/**
 * The action endpoint: `{ "action": ..., "data": ... }` with the token of a person who signed in.
 * Answers are AWS's JSON for the action; errors are `{ "error", "code" }`. It is the same as the
 * resources of the management API by another door: no rule is here.
 */
import type { ErrorCode } from '@tollkeeper/contract';
import { parseAction, performAction, refusalBody, type JsonObject } from '@tollkeeper/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PersonAnswer } from '../credentials/people/person.ts';
import { bearerOf, type Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { errorAnswer } from './error-answer.ts';
import { Fault } from './fault.ts';
import { actorOf, worldFor } from './provisioned-world.ts';
import { countingByCredential, limitRequest } from './rate-hook.ts';

export const ACTION_PATH = '/functions/v1/super-action';

/** Adds the endpoint to the application. */
export function mountActionEndpoint(app: FastifyInstance, deps: AdminDependencies): void {
  const visitors = new WeakMap<FastifyRequest, Visitor>();
  app.route({
    method: 'POST',
    url: ACTION_PATH,
    errorHandler: (error, request, reply) => answerError(deps, error, request, reply),
    onRequest: async (request, reply) => {
      const visitor = await signedIn(deps, request);
      const counting = countingByCredential('management', visitor, null);
      if (counting !== undefined) await limitRequest(deps, counting, reply);
      visitors.set(request, visitor);
    },
    handler: async (request, reply) => {
      const visitor = visitors.get(request);
      if (visitor === undefined) throw new Error('Nobody was admitted to the action endpoint');
      const asked = parseAction(request.body);
      if (asked.kind === 'refused') return reply.code(asked.status).send(refusalBody(asked));
      const done = await performAction(worldFor(deps, visitor), actorOf(visitor), asked);
      if (done.kind === 'done') return reply.code(200).send(done.value);
      return reply.code(done.status).send(refusalBody(done));
    },
  });
}

/** Who signed in. Throws a `Fault`: what is made must have somebody's name on it. */
async function signedIn(deps: AdminDependencies, request: FastifyRequest): Promise<Visitor> {
  const token = bearerOf(request.headers);
  if (token === undefined) throw unauthorized('no token was sent as bearer');
  const answer = await deps.people.resolve(token);
  if (answer.kind !== 'person') throw faultOf(answer);
  const { person, caller } = answer;
  const source_ip = request.ip ?? null;
  const origin = { action: 'superAction', request_id: request.id, source_ip } as const;
  return { kind: 'person', person, principal: caller?.principal ?? null, origin };
}

function faultOf(answer: Exclude<PersonAnswer, { kind: 'person' }>): Fault {
  switch (answer.kind) {
    case 'expired':
      return unauthorized('the token has expired');
    case 'unknown_issuer':
      return unauthorized('the token is not one of an issuer that is trusted here');
    case 'invalid':
      return unauthorized(`the token is not good (${answer.fault})`);
    case 'no_tenant':
      return new Fault('FORBIDDEN', 'The token names no organization that is known here.');
    case 'no_role':
      return new Fault('FORBIDDEN', 'The token gives its user no role here.');
    case 'unavailable':
      return new Fault('SERVICE_UNAVAILABLE', 'The issuer of the token cannot be asked just now.');
  }
}

function unauthorized(why: string): Fault {
  return new Fault(
    'UNAUTHORIZED',
    `Sign in: ${why}, so there is no userId to tag anything with, and nothing was done.`,
  );
}

function answerError(
  deps: AdminDependencies,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { code, headers, body, status } = errorAnswer(deps, error, request.id);
  if (code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer');
  const answer: JsonObject = { error: body['message'], code: NAMES[code] ?? code };
  void reply.headers(headers).code(status).send(answer);
}

/** The codes that this endpoint has names of AWS for. */
const NAMES: { readonly [code in ErrorCode]?: string } = {
  UNAUTHORIZED: 'UnauthorizedException',
  FORBIDDEN: 'AccessDeniedException',
  INVALID_REQUEST: 'ValidationException',
  RATE_LIMIT_EXCEEDED: 'ThrottlingException',
  SERVICE_UNAVAILABLE: 'ServiceUnavailableException',
  INTERNAL_ERROR: 'InternalServerException',
};
