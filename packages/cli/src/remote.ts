/**
 * Commands that speak to the gateway: a noun and a verb per operation of the contract, a flag per
 * member.
 */
import {
  createClient,
  OPERATION_NAMES,
  operation,
  parserOf,
  type Operation,
  type OperationName,
} from '@tollkeeper/contract';
import { Option, type Command } from 'commander';
import { listIn, print, type Format } from './answer.ts';
import { buying, isConfirmed } from './commitment.ts';
import { connectionOf, ofDemo } from './connection.ts';
import { UsageError } from './exit-code.ts';
import { assemble, flagsOf, valueOf, type Flag, type JsonSchema } from './flag.ts';
import { refusal, toldInFlags, type FlagParts } from './wording.ts';
import type { World } from './world.ts';

/** What each noun is about, for the help. */
const NOUNS: Readonly<Record<string, string>> = {
  orgs: 'organizations: who is charged',
  apps: 'applications of an organization',
  keys: 'API keys of an application',
  'access-keys': 'access keys of an application, for clients that sign (SigV4)',
  'signing-keys': 'keys that sign access tokens of OAuth clients',
  budgets: 'limits, and how much of them is gone',
  webhooks: 'where an organization is told of budgets that run out',
  grants: "what of the gateway's AWS rights an organization may use",
  usage: 'who spent what',
  prices: 'what calls cost, and since which version',
  layers: 'discounts, markups and other prices over the list',
  provisioned: 'throughput that is bought by the hour, and models that have it',
  'unit-hour-prices': 'what a unit of bought throughput costs an hour, as its buyer states it',
  'inference-profiles': 'inference profiles of applications, made in the AWS account',
  rerates: 'periods that were priced again',
};

type Given = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Adds a command for every operation that has one. */
export function addRemoteCommands(program: Command, world: World): void {
  const nouns = new Map<string, Command>();
  for (const name of OPERATION_NAMES) {
    const record = operation(name);
    if (record.command === null) continue;
    const { noun, verb, main = false } = record.command;
    let parent = nouns.get(noun);
    if (verb === null) {
      describeCommand(program.command(noun), name, record, world);
      continue;
    }
    if (parent === undefined) {
      parent = program.command(noun).description(NOUNS[noun] ?? noun);
      nouns.set(noun, parent);
    }
    describeCommand(parent.command(verb, { isDefault: main }), name, record, world);
  }
}

function describeCommand(
  command: Command,
  name: OperationName,
  record: Operation,
  world: World,
): void {
  const params = Object.keys(record.params?.properties ?? {});
  const isOptional = record.command?.ofDemo === true;
  for (const param of params) command.argument(isOptional ? `[${param}]` : `<${param}>`);
  command.description(record.summary);
  const flags = { query: flagsOf(asSchema(record.query)), body: flagsOf(asSchema(record.body)) };
  for (const flag of [...flags.query, ...flags.body]) addFlag(command, flag, record);
  for (const [flag, other] of otherFlags(flags.body, record)) addOther(command, flag, other);
  if (isPaged(record)) command.option('--all', 'every page, not only the first');
  if (isConfirmed(record)) command.option('--yes', 'do not ask');
  addOutputFlags(command, record);
  command.action(async (...given: unknown[]) => {
    const values = given.slice(0, params.length);
    const options = command.opts<Given>();
    await perform(name, record, world, {
      command,
      flags,
      params: paramsOf(params, values, isOptional ? ofDemo(options, world) : {}),
      query: partOf(flags.query, options),
      body: partOf(flags.body, { ...options, ...byMainName(flags.body, record, options) }),
      options,
    });
  });
}

function addFlag(command: Command, flag: Flag, record: Operation): void {
  const { name, kind, description } = flag;
  if (kind === 'switch') {
    command.option(`--${name}`, description);
    command.option(`--no-${name}`);
    return;
  }
  if (kind === 'list' || kind === 'numbers' || kind === 'pairs' || kind === 'words') {
    const collect = (text: string, before: readonly string[] = []): readonly string[] => [
      ...before,
      text,
    ];
    command.option(`--${name} <${kind === 'words' ? 'pairs' : kind}>`, description, collect);
    return;
  }
  const [first = ''] = flag.path;
  command.option(`--${name} <${kind}>`, description, record.command?.defaults?.[first]);
}

/** Arguments by name. Where none is given, those of the demo, if it has them. */
function paramsOf(
  names: readonly string[],
  values: readonly unknown[],
  demo: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const none = values.every((value) => value === undefined);
  const given = names.map((name, i): [string, unknown] => [name, none ? demo[name] : values[i]]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** Flags that have another name as well, with that name. */
function otherFlags(flags: readonly Flag[], { command }: Operation): readonly [Flag, string][] {
  return flags.flatMap((flag): [Flag, string][] => {
    const other = command?.alsoFlags?.[flag.path.join('.')];
    return other === undefined ? [] : [[flag, other]];
  });
}

function addOther(command: Command, { name, kind }: Flag, other: string): void {
  const option = new Option(`--${other} <${kind}>`, `the same as --${name}`);
  command.addOption(option.conflicts(optionName(name)));
}

/** What was given by other names, by the names that flags have. */
function byMainName(flags: readonly Flag[], record: Operation, options: Given): Given {
  return Object.fromEntries(
    otherFlags(flags, record)
      .filter(([, other]) => options[optionName(other)] !== undefined)
      .map(([flag, other]) => [optionName(flag.name), options[optionName(other)]]),
  );
}

function addOutputFlags(command: Command, record: Operation): void {
  if (record.result !== null) {
    command.option('--json', 'the answer as JSON');
    command.option('--csv', 'the answer as CSV');
  }
  command.option('--endpoint <url>', 'the gateway (TOLLKEEPER_ENDPOINT)');
  command.option('--data-dir <dir>', 'where the demo of this machine keeps its keys');
}

interface Stated {
  readonly command: Command;
  readonly flags: FlagParts;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly options: Given;
}

async function perform(
  name: OperationName,
  record: Operation,
  world: World,
  stated: Stated,
): Promise<void> {
  const { params, query, body, options } = stated;
  const parsed = parserOf(name)({ params, query, body: record.body === null ? undefined : body });
  if (parsed.kind === 'problems') {
    throw refusal('This cannot be sent:', parsed.problems, stated.flags, stated.command);
  }
  const format = formatOf(options);
  const client = createClient(connectionOf(options, world));
  // What is sent has just been checked against the schemas of this very operation.
  const method = client[name] as (input: unknown) => Promise<unknown>;
  const call = (input: unknown): Promise<unknown> => toldInFlags(method(input), stated.flags);
  const answer =
    options['all'] === true
      ? await everyPage(call, parsed.request, record)
      : isConfirmed(record)
        ? await buying(call, parsed.request, { yes: options['yes'] === true }, world)
        : await call(parsed.request);
  if (isConfirmed(record) && answer === undefined) return;
  if (record.result === null) {
    world.note('Done.\n');
    return;
  }
  world.out(print(answer, record.result, format));
  const cursor = (answer as { readonly next_cursor?: string | null }).next_cursor;
  if (typeof cursor === 'string') world.note(`There is more: --cursor ${cursor}, or --all\n`);
}

async function everyPage(
  call: (input: unknown) => Promise<unknown>,
  request: { readonly query: object },
  record: Operation,
): Promise<unknown> {
  const name = listIn(record.result as JsonSchema)?.name ?? '';
  const items: unknown[] = [];
  let query = request.query;
  for (;;) {
    const page = (await call({ ...request, query })) as Record<string, unknown>;
    items.push(...(page[name] as readonly unknown[]));
    const { next_cursor } = page;
    if (next_cursor === null) return { ...page, [name]: items };
    query = { ...query, cursor: next_cursor };
  }
}

function isPaged(record: Operation): boolean {
  return record.query?.properties['cursor'] !== undefined;
}

function partOf(flags: readonly Flag[], options: Given): Readonly<Record<string, unknown>> {
  return assemble(
    flags.flatMap((flag) => {
      const given = options[optionName(flag.name)];
      return given === undefined ? [] : [{ path: flag.path, value: valueOf(flag, given) }];
    }),
  );
}

/** `limit-amount` -> `limitAmount`, as commander keeps it. */
function optionName(flag: string): string {
  return flag.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function formatOf(options: Given): Format {
  if (options['json'] === true && options['csv'] === true) {
    throw new UsageError('Choose --json or --csv.');
  }
  if (options['json'] === true) return 'json';
  return options['csv'] === true ? 'csv' : 'table';
}

/** Schemas of the contract are JSON Schema. */
function asSchema(schema: Operation['query']): JsonSchema | null {
  return schema;
}
