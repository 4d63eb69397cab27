/**
 * The contract as OpenAPI 3.1, whose schemas are JSON Schema: so this is only a change of form.
 * Schemas that carry a `title` become components of that name.
 */
import type { TSchema } from 'typebox';
import {
  ERROR_CODES,
  ERRORS,
  ERRORS_OF_ALL,
  ERRORS_OF_LIMITED,
  ErrorBody,
  type ErrorCode,
} from './errors.ts';
import { EVENT_STREAM } from './event-stream.ts';
import type { Access, Operation } from './operation.ts';
import { OPERATION_NAMES, operation, RESOURCES, type OperationName } from './operations.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

const DESCRIPTION =
  'Organizations, applications, keys, budgets, grants, usage and prices. Money is an exact ' +
  'decimal string of US dollars, times are RFC 3339 in UTC, lists are pages of `limit` items ' +
  'with a `next_cursor`. What belongs to another organization is answered with 404.';

const ACCESS: { readonly [access in Access]: string } = {
  public: 'Needs no credential.',
  any_credential: 'Needs any valid credential.',
  usage:
    'The provisioning key sees everything. An API key sees what its scopes show: `usage:self` ' +
    'its own key and user, `usage:app` its application, `usage:org` its organization.',
  provisioning: 'Needs the provisioning key.',
  client: 'Needs an access token of an OAuth client of the organization.',
};

const ALSO = ' The provisioning key may as well.';

/** The whole document. Pure: the same table gives the same document. */
export function openApi(): object {
  const components = new Map<string, Json>();
  const paths: Record<string, Record<string, Json>> = {};
  for (const name of OPERATION_NAMES) {
    const record = operation(name);
    const methods = (paths[record.path] ??= {});
    methods[record.method.toLowerCase()] = describe(name, record, components);
  }
  hoist(ErrorBody, components);
  return {
    openapi: '3.1.0',
    info: { title: 'Tollkeeper management API', version: '1', description: DESCRIPTION },
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

function describe(name: OperationName, record: Operation, components: Map<string, Json>): Json {
  return {
    operationId: name,
    tags: [resourceOf(name)],
    summary: record.summary,
    description: `${ACCESS[record.access]}${record.alsoProvisioning === true ? ALSO : ''}`,
    security: securityOf(record),
    parameters: [
      ...parameters('path', record.params, components),
      ...parameters('query', record.query, components),
    ],
    ...(record.body === null
      ? {}
      : { requestBody: { required: true, content: bodyContent(record.body, record, components) } }),
    responses: responses(record, components),
  };
}

function resourceOf(name: OperationName): string {
  const found = Object.entries(RESOURCES).find(([, operations]) => name in operations);
  return found?.[0] ?? 'service';
}

function parameters(
  where: 'path' | 'query',
  schema: Operation['params'],
  components: Map<string, Json>,
): Json[] {
  if (schema === null) return [];
  const required: readonly string[] = schema.required ?? [];
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    in: where,
    required: required.includes(name),
    schema: hoist(property, components),
  }));
}

function responses(record: Operation, components: Map<string, Json>): Json {
  const answers: Record<string, Json> = {};
  const content = contentOf(record, components);
  for (const status of record.success) {
    answers[status] = { description: STATUS_WORDS[status] ?? 'Answer', ...content };
  }
  const limited = record.rate === null ? [] : ERRORS_OF_LIMITED;
  const codes: readonly ErrorCode[] = [...record.errors, ...limited, ...ERRORS_OF_ALL];
  for (const code of ERROR_CODES.filter((each) => codes.includes(each))) {
    const status = ERRORS[code].status;
    if (record.success.includes(status)) continue;
    const before = answers[status] as { readonly description: string } | undefined;
    const words = `\`${code}\`: ${ERRORS[code].summary}`;
    answers[status] = {
      description: before === undefined ? words : `${before.description} ${words}`,
      content: json({ $ref: '#/components/schemas/Error' }),
    };
  }
  return answers;
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted',
  204: 'Done; no content',
  207: 'Each item was answered by itself',
  503: 'Unhealthy',
};

function contentOf(record: Operation, components: Map<string, Json>): JsonObject {
  if (record.result === null) return {};
  const schema = hoist(record.result, components);
  // The schema is that of the data of one event.
  return { content: record.streams === true ? { [EVENT_STREAM]: { schema } } : json(schema) };
}

function bodyContent(body: TSchema, record: Operation, components: Map<string, Json>): JsonObject {
  const schema = hoist(body, components);
  const form = record.form === true ? { 'application/x-www-form-urlencoded': { schema } } : {};
  return { ...json(schema), ...form };
}

function json(schema: Json): JsonObject {
  return { 'application/json': { schema } };
}

/** The schema with every titled part replaced by a reference to its component. */
function hoist(schema: TSchema, components: Map<string, Json>): Json {
  // Only what a schema says in JSON counts; what TypeBox keeps for itself is not part of it.
  return hoistJson(JSON.parse(JSON.stringify(schema)) as Json, components);
}

function hoistJson(value: Json, components: Map<string, Json>): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map((each) => hoistJson(each, components));
  const { title, ...rest } = value;
  const inner = Object.fromEntries(
    Object.entries(rest).map(([key, each]) => [key, hoistJson(each, components)]),
  );
  if (typeof title !== 'string') return title === undefined ? inner : { title, ...inner };
  const known = components.get(title);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(inner)) {
    throw new Error(`Two schemas are called ${title}`);
  }
  components.set(title, inner);
  return { $ref: `#/components/schemas/${title}` };
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Clients send their access tokens as bearer; keys go either way. */
function securityOf({ access, alsoProvisioning }: Operation): Json {
  if (access === 'public') return [];
  const clientsAlone = access === 'client' && alsoProvisioning !== true;
  return clientsAlone ? [{ bearer: [] }] : [{ key: [] }, { bearer: [] }];
}
