/**
 * Requests are parsed at the edge, once: what passes is typed, what does not is refused with every
 * member named. Messages name members and rules, never values, so that no answer echoes a secret.
 *
 * An optional member of a body that is null counts as left out, unless its schema has a meaning for
 * null: that is how many clients write what they do not state, and how answers show it.
 */
import type { TObject, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { PATTERN_RULES } from './fields.ts';
import type { Empty } from './operation.ts';
import { operation, type ApiRequest, type OperationName } from './operations.ts';
import { SUBMISSION_RULES } from './resources/submissions.ts';
import { GROUP_BY_PATTERN, GROUP_KEYS } from './resources/usage.ts';

/** One thing that is wrong with a request. */
export interface Problem {
  /** Where, such as `body.limit.amount`. */
  readonly member: string;
  readonly problem: string;
}

export type Parsed<N extends OperationName> =
  | { readonly kind: 'request'; readonly request: ApiRequest<N> }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** What comes from the wire. Query members that are repeated come as arrays. */
export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

type Part = 'params' | 'query' | 'body' | 'result';
type Validators = { readonly [part in 'params' | 'query']: Validator | null };

const RULES: Readonly<Record<string, string>> = {
  ...PATTERN_RULES,
  ...SUBMISSION_RULES,
  [GROUP_BY_PATTERN]: `must be some of these, separated by commas: ${GROUP_KEYS.join(', ')}`,
};

const PROBLEMS_MAX = 20;
const MEMBER_LENGTH_MAX = 120;

/** Compiles the schemas of an operation into a parser of its requests. */
export function parserOf<N extends OperationName>(name: N): (raw: RawRequest) => Parsed<N> {
  const { params, query, body } = operation(name);
  const validators = { params: compiled(params), query: compiled(query) };
  const judge = bodyJudgeOf(body);
  return (raw) => parse<N>(validators, judge, raw);
}

export type ParsedBody<N extends OperationName> =
  | { readonly kind: 'body'; readonly body: ApiRequest<N>['body'] }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** As `parserOf`, of the body alone: for those who have many bodies under one path. */
export function bodyParserOf<N extends OperationName>(name: N): (body: unknown) => ParsedBody<N> {
  const judge = bodyJudgeOf(operation(name).body);
  return (given) => {
    const { body, problems } = judge(given ?? {});
    if (problems.length === 0) return { kind: 'body', body: body as never };
    return { kind: 'problems', problems: problems.slice(0, PROBLEMS_MAX) };
  };
}

/** What an answer breaks of the schema of its operation's result: nothing, if it is right. */
export function resultProblems(name: OperationName, result: unknown): readonly Problem[] {
  const { result: schema } = operation(name);
  if (schema === null) {
    return result === undefined ? [] : [{ member: 'result', problem: 'must be absent' }];
  }
  return problemsOf('result', Compile<TSchema>(schema), result);
}

function compiled(schema: TObject | null): Validator | null {
  return schema === null ? null : Compile<TSchema>(schema);
}

/** A body as it counts, and what is wrong with it. */
type BodyJudge = (body: unknown) => {
  readonly body: unknown;
  readonly problems: readonly Problem[];
};

function bodyJudgeOf(schema: TObject | null): BodyJudge {
  const validator = compiled(schema);
  return (given) => {
    if (schema === null || validator === null) {
      return { body: given, problems: problemsOf('body', null, given) };
    }
    if (validator.Check(given)) return { body: given, problems: [] };
    const body = withoutNulls(schema, given);
    return { body, problems: problemsOf('body', validator, body) };
  };
}

/** What is looked at of a schema, all of it as in JSON Schema. */
interface Shape {
  readonly type?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

function withoutNulls({ properties, required }: Shape, value: unknown): unknown {
  if (properties === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value;
  const stated = Object.entries(value).flatMap(([member, given]: [string, unknown]) => {
    const shape = Object.hasOwn(properties, member) ? properties[member] : undefined;
    if (shape === undefined) return [[member, given] as const];
    const isOptional = required?.includes(member) !== true;
    if (given === null && isOptional && !takesNull(shape)) return [];
    return [[member, withoutNulls(shape, given)] as const];
  });
  return Object.fromEntries(stated);
}

function takesNull({ type, enum: values, anyOf }: Shape): boolean {
  if (anyOf !== undefined) return anyOf.some(takesNull);
  if (values !== undefined) return values.includes(null);
  return type === undefined || type === 'null';
}

function parse<N extends OperationName>(
  validators: Validators,
  judge: BodyJudge,
  raw: RawRequest,
): Parsed<N> {
  const { body, problems: ofBody } = judge(raw.body ?? {});
  const given = {
    params: lowerOrgId(raw.params),
    query: lowerOrgId(
      validators.query === null ? raw.query : validators.query.Convert(objectOr(raw.query)),
    ),
    body,
  };
  const problems = (['params', 'query'] as const).flatMap((part) =>
    problemsOf(part, validators[part], given[part]),
  );
  problems.push(...ofBody);
  if (problems.length > 0) return { kind: 'problems', problems: problems.slice(0, PROBLEMS_MAX) };
  // Every part has just been checked against the schema that its type is derived from.
  return { kind: 'request', request: given as ApiRequest<N> };
}

function problemsOf(part: Part, validator: Validator | null, value: unknown): Problem[] {
  if (validator === null) return part === 'params' ? [] : unexpected(part, value);
  if (validator.Check(value)) return [];
  const problems = new Map<string, string>();
  for (const error of validator.Errors(value)) {
    for (const { member, problem } of explain(part, error)) {
      if (!problems.has(member)) problems.set(member, problem);
    }
  }
  // Whatever the explanation lacks, what failed the check never passes for good.
  if (problems.size === 0) return [{ member: part, problem: 'is not valid' }];
  return [...problems].map(([member, problem]) => ({ member, problem }));
}

/**
 * An operation without a query takes none; a body that nothing reads is ignored only when empty.
 */
function unexpected(part: Part, value: unknown): Problem[] {
  return Object.keys(objectOr(value)).map((member) => ({
    member: bounded(`${part}.${member}`),
    problem: 'is not known here',
  }));
}

type Fault = ReturnType<Validator['Errors']>[number];

function explain(part: Part, fault: Fault): Problem[] {
  const path = part + fault.instancePath.replaceAll('/', '.');
  switch (fault.keyword) {
    case 'additionalProperties':
      return fault.params.additionalProperties.map((member) => ({
        member: bounded(`${path}.${member}`),
        problem: 'is not known here',
      }));
    case 'required':
      return fault.params.requiredProperties.map((member) => ({
        member: bounded(`${path}.${member}`),
        problem: 'is missing',
      }));
    case 'enum':
      return [
        {
          member: bounded(path),
          problem: `must be one of: ${fault.params.allowedValues.join(', ')}`,
        },
      ];
    case 'pattern': {
      const { pattern } = fault.params;
      const rule = typeof pattern === 'string' ? RULES[pattern] : undefined;
      return [{ member: bounded(path), problem: rule ?? fault.message }];
    }
    case 'boolean':
      // What is not declared has the schema `false`.
      return [{ member: bounded(path), problem: 'is not known here' }];
    default:
      return [{ member: bounded(path), problem: fault.message }];
  }
}

function bounded(text: string): string {
  return text.length <= MEMBER_LENGTH_MAX ? text : `${text.slice(0, MEMBER_LENGTH_MAX)}...`;
}

function objectOr(value: unknown): Record<string, unknown> | Empty {
  return typeof value === 'object' && value !== null ? value : {};
}

/** UUIDs are compared by their letters in lower case. */
function lowerOrgId(value: unknown): unknown {
  const given: Record<string, unknown> = { ...objectOr(value) };
  if (typeof given['org_id'] === 'string') given['org_id'] = given['org_id'].toLowerCase();
  return given;
}
