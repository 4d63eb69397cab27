/**
 * The control plane: a Fastify application whose routes are the contract's table. It does not
 * listen; `main` hands it the requests that are not for the data plane: `await app.ready()`, then
 * `app.routing(request, response)`.
 */
import {
  EVENT_STREAM,
  OPERATION_NAMES,
  operation,
  parserOf,
  type Handlers,
  type Operation,
  type OperationName,
} from '@tollkeeper/contract';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { admit, type Visitor } from './access.ts';
import { accessKeyHandlers } from './access-keys.ts';
import { aggregateHandlers } from './aggregates.ts';
import { applicationHandlers } from './applications.ts';
import { auditHandlers } from './audit.ts';
import { authHandlers } from './auth.ts';
import { awsProfileHandlers } from './aws-profiles.ts';
import { budgetHandlers } from './budgets.ts';
import { credentialHandlers } from './credentials.ts';
import { dailyCostHandlers } from './daily-costs.ts';
import type { AdminDependencies } from './dependencies.ts';
import { diagnosisHandlers } from './diagnosis.ts';
import { effectiveConfigHandlers } from './effective-config.ts';
import { isKnown } from './entity-tag.ts';
import { BODY_BYTES_MAX, errorAnswer } from './error-answer.ts';
import { Fault, invalidRequest } from './fault.ts';
import { grantHandlers } from './grants.ts';
import { keyHandlers } from './keys.ts';
import { organizationHandlers } from './organizations.ts';
import { priceImportHandlers } from './price-imports.ts';
import { priceLayerHandlers } from './price-layers.ts';
import { priceHandlers } from './prices.ts';
import { provisionedHandlers } from './provisioned.ts';
import { provisionedMonthHandlers } from './provisioned-months.ts';
import { rerateHandlers } from './rerates.ts';
import { countingByBody, countingByCredential, limitRequest } from './rate-hook.ts';
import { selectionHandlers } from './selection.ts';
import { serviceHandlers } from './service.ts';
import { submissionHandlers } from './submissions.ts';
import { mountActionEndpoint } from './super-action.ts';
import {
  formBody,
  isForm,
  isTokenPath,
  knownParameters,
  withBasicClient,
} from './token-request.ts';
import { EventStream } from './event-stream.ts';
import { usageTailHandlers } from './usage-tail.ts';
import { usageHandlers } from './usage.ts';
import { webhookHandlers } from './webhooks.ts';

const PARAM_LENGTH_MAX = 512;

/** Builds the application. It holds no state of its own. */
export function buildAdminApp(deps: AdminDependencies): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestIdHeader: false,
    genReqId: () => deps.ids.uuid(),
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    frameworkErrors: (error, request, reply) => answerError(deps, error, request, reply),
  });
  readEveryBodyAsJson(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
    // Over HTTP/2 the framework takes a request that names neither type nor length for an empty
    // one.
    if (request.method !== 'GET') request.headers['content-type'] ??= 'application/json';
  });
  app.setErrorHandler((error, request, reply) => answerError(deps, error, request, reply));
  app.setNotFoundHandler(() => {
    throw new Fault('NOT_FOUND', 'There is no such path and method. See /openapi.json.');
  });
  const handlers = handlersOf(deps);
  for (const name of OPERATION_NAMES) mount(app, deps, handlers, name);
  mountActionEndpoint(app, deps);
  return app;
}

function handlersOf(deps: AdminDependencies): Handlers<Visitor> {
  return {
    ...organizationHandlers(deps),
    ...applicationHandlers(deps),
    ...effectiveConfigHandlers(deps),
    ...keyHandlers(deps),
    ...accessKeyHandlers(deps),
    ...authHandlers(deps),
    ...credentialHandlers(deps),
    ...budgetHandlers(deps),
    ...webhookHandlers(deps),
    ...grantHandlers(deps),
    ...usageHandlers(deps),
    ...usageTailHandlers(deps),
    ...submissionHandlers(deps),
    ...aggregateHandlers(deps),
    ...dailyCostHandlers(deps),
    ...selectionHandlers(deps),
    ...priceHandlers(deps),
    ...priceLayerHandlers(deps),
    ...priceImportHandlers(deps),
    ...rerateHandlers(deps),
    ...provisionedHandlers(deps),
    ...provisionedMonthHandlers(deps),
    ...awsProfileHandlers(deps),
    ...auditHandlers(deps),
    ...diagnosisHandlers(deps),
    ...serviceHandlers(deps),
  };
}

/** One route: who may, before the body is read; then what is asked; then the handler. */
function mount<N extends OperationName>(
  app: FastifyInstance,
  deps: AdminDependencies,
  handlers: Handlers<Visitor>,
  name: N,
): void {
  const handler = handlers[name];
  const record = operation(name);
  const { method, path, streams } = record;
  const parse = parserOf(name);
  const oauth = isTokenPath(path) ? { oauth_error: 'invalid_request' } : {};
  const visitors = new WeakMap<FastifyRequest, Visitor>();
  app.route({
    method,
    url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    onRequest: async (request, reply) => {
      const params = request.params as Readonly<Record<string, string>>;
      const who = await admit(deps, { operation: record, params, headers: request.headers });
      const source_ip = request.ip ?? null;
      const counting = countingByCredential(record.rate, who, source_ip);
      if (counting !== undefined) await limitRequest(deps, counting, reply);
      visitors.set(request, {
        ...who,
        origin: { action: name, request_id: request.id, source_ip },
      });
    },
    handler: async (request, reply) => {
      const { params, query } = request;
      const { authorization } = request.headers;
      const body = isTokenPath(path)
        ? withBasicClient(knownParameters(path, request.body), authorization)
        : request.body;
      const counting = countingByBody(record.rate, body, request.ip ?? null);
      if (counting !== undefined) await limitRequest(deps, counting, reply);
      const looked = record.anyBody === true ? undefined : body;
      const parsed = parse({ params, query, body: looked });
      if (parsed.kind === 'problems') throw invalidRequest(parsed.problems, oauth);
      const visitor = visitors.get(request);
      if (visitor === undefined) throw new Error(`Nobody was admitted to ${name}`);
      const answer = await handler(parsed.request, visitor);
      const status: number = answer.status;
      const result: unknown = shownTo(visitor, record.secret, answer.body);
      if (answer.headers !== undefined) reply.headers(answer.headers);
      if (isKnown(request.headers['if-none-match'], answer.headers?.['etag'])) {
        return reply.code(304).send();
      }
      if (streams !== true) return reply.code(status).send(asJson(result, reply));
      const { headers } = request;
      // The handler of an operation that streams gives what the stream is made of.
      const events = new EventStream(result as AsyncIterable<unknown>, {
        clock: deps.clock,
        stillAllowed: () =>
          admit(deps, { operation: record, params: request.params as never, headers }),
      });
      return reply.code(status).header('content-type', EVENT_STREAM).send(events);
    },
  });
}

/** A text that is an answer of its own is JSON like all others. */
function asJson(result: unknown, reply: FastifyReply): unknown {
  if (typeof result !== 'string') return result;
  reply.type('application/json; charset=utf-8');
  return JSON.stringify(result);
}

/** Secrets of what was made are for the provisioning key; people who administer make another. */
function shownTo(visitor: Visitor, secret: Operation['secret'], body: unknown): unknown {
  if (visitor.kind !== 'person' || secret === undefined) return body;
  if (secret === 'always') throw new Error('A person was about to be shown a secret.');
  return { ...Object(body), credentials: undefined, secret: undefined };
}

/** Bodies are JSON whatever they are called (`curl -d` calls them forms); an empty one is none. */
function readEveryBodyAsJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>('*', { parseAs: 'string' }, (request, body, done) => {
    if (body.trim() === '') done(null, undefined);
    else if (isForm(request.url, request.headers['content-type'], body)) {
      readForm(request.url, body, done);
    } else void parse(request, body, done);
  });
}

function readForm(
  path: string,
  body: string,
  done: (error: Error | null, body?: unknown) => void,
): void {
  try {
    done(null, formBody(path, body));
  } catch (error) {
    done(error as Error);
  }
}

function answerError(
  deps: AdminDependencies,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { status, code, headers, body } = errorAnswer(deps, error, request.id);
  if (code === 'UNAUTHORIZED') reply.header('www-authenticate', challengeOf(request));
  void reply.headers(headers).code(status).send(body);
}

/** A client that tried HTTP Basic is told that it may try that again (RFC 6749, section 5.2). */
function challengeOf({ headers, url }: FastifyRequest): string {
  const basic = isTokenPath(url) && /^basic\b/i.test(headers.authorization ?? '');
  return basic ? 'Basic realm="tollkeeper"' : 'Bearer';
}
