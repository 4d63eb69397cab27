/**
 * `tollkeeper apply -f FILE` makes organizations, applications and budgets as a file states them,
 * and `tollkeeper diff -f FILE` tells whether they are. Both show first what differs, member by
 * member; applying twice changes nothing the second time.
 */
import { createClient, type Client } from '@tollkeeper/contract';
import type { Command } from 'commander';
import { printable } from './answer.ts';
import { connectionOf, type ConnectionFlags } from './connection.ts';
import { openCredentialsFile, type NewCredentials } from './credentials-file.ts';
import { ChecksFailed, UsageError } from './exit-code.ts';
import { readOrgFile } from './org-file.ts';
import { planOf, type Plan, type PlannedThing } from './org-plan.ts';
import { paint } from './paint.ts';
import type { World } from './world.ts';

interface FileFlags extends ConnectionFlags {
  readonly file: string;
  readonly json?: boolean;
}

interface ApplyFlags extends FileFlags {
  readonly yes?: boolean;
  readonly credentialsFile?: string;
}

/** Adds both commands. */
export function addApplyCommands(program: Command, world: World): void {
  const common = (command: Command): Command =>
    command
      .requiredOption('-f, --file <file>', 'organizations with their applications and budgets')
      .option('--json', 'the outcome as JSON')
      .option('--endpoint <url>', 'the gateway (TOLLKEEPER_ENDPOINT)')
      .option('--data-dir <dir>', 'where the demo of this machine keeps its keys');
  common(program.command('apply'))
    .description('make organizations, applications and budgets as a file states them')
    .option('--yes', 'go on without asking; otherwise the plan is shown and nothing is done')
    .option('--credentials-file <file>', 'where secrets of new clients go, rather than the output')
    .action(async (flags: ApplyFlags) => {
      await apply(flags, world);
    });
  common(program.command('diff'))
    .description('whether they are as a file states them; exit code 10 when they are not')
    .action(async (flags: FileFlags) => {
      const { plan } = await look(flags, world);
      world.out(flags.json === true ? `${JSON.stringify(plan, null, 2)}\n` : shown(plan, world));
      if (pendingOf(plan).length > 0) throw new ChecksFailed();
    });
}

async function look(
  flags: FileFlags,
  world: World,
): Promise<{ readonly client: Client; readonly plan: Plan }> {
  let text: string;
  try {
    text = world.readFile(flags.file);
  } catch (cause) {
    throw new UsageError(`${flags.file} cannot be read`, { cause });
  }
  const organizations = readOrgFile(flags.file, text);
  const client = createClient(connectionOf(flags, world));
  const plan = await planOf(client, organizations);
  refuseFixed(plan);
  return { client, plan };
}

/** What the API would refuse halfway is told before anything is done. */
function refuseFixed({ things }: Plan): void {
  for (const { kind, id, action, changes } of things) {
    const fixed = changes.find(({ member }) => member === 'overrides.agg_shard_count');
    if (action !== 'change' || fixed === undefined) continue;
    throw new UsageError(
      `${kind} ${id}: overrides.agg_shard_count is ${fixed.before ?? 'its default'} and cannot ` +
        'change; leave it out, or state that.',
    );
  }
}

async function apply(flags: ApplyFlags, world: World): Promise<void> {
  const { client, plan } = await look(flags, world);
  const pending = pendingOf(plan);
  const json = flags.json === true;
  if (!json) world.out(shown(plan, world));
  if (pending.length === 0 || !(await agreed(flags, pending.length, world))) {
    world.note(pending.length === 0 ? 'Nothing to do.\n' : 'Nothing was changed.\n');
    if (json) world.out(`${JSON.stringify({ plan, done: 0, credentials: [] }, null, 2)}\n`);
    return;
  }
  const { credentialsFile: path } = flags;
  const file = path === undefined ? undefined : openCredentialsFile(path);
  const made: NewCredentials[] = [];
  let done = 0;
  try {
    for (const thing of pending) {
      const credentials = await put(client, thing);
      done += 1;
      if (credentials === undefined) continue;
      made.push(credentials);
      if (file !== undefined) file.write(credentials);
      else if (!json) world.out(`${JSON.stringify(credentials)}\n`);
    }
  } finally {
    file?.close();
    const credentials = file === undefined ? made : [];
    if (json) world.out(`${JSON.stringify({ plan, done, credentials }, null, 2)}\n`);
    const next = pending[done];
    if (next !== undefined) {
      const first = `${done} of ${pending.length} are done. Not ${next.kind} ${next.id};`;
      world.note(`${first} apply the file again for the rest.\n`);
    }
    tellOf(made.length, path, world);
  }
  world.note(`Done: ${done}.\n`);
}

function tellOf(made: number, path: string | undefined, world: World): void {
  if (made === 0) return;
  const where = path === undefined ? 'above and shown this once' : `in ${path}`;
  world.note(`Credentials of ${made} new clients are ${where}.\n`);
}

/** Where nobody can be asked, the plan is all there is without `--yes`. */
async function agreed(flags: ApplyFlags, count: number, world: World): Promise<boolean> {
  if (flags.yes === true) return true;
  if (world.ask === undefined) {
    world.note('Say --yes to go.\n');
    return false;
  }
  return /^y(es)?$/i.test((await world.ask(`Make these ${count} so? [y/N] `)).trim());
}

async function put(client: Client, thing: PlannedThing): Promise<NewCredentials | undefined> {
  const { kind, id, org_id, body } = thing;
  switch (kind) {
    case 'organization':
      return credentialsIn(await client.putOrganization({ params: { org_id }, body }));
    case 'application': {
      const params = { org_id, app_id: id };
      return credentialsIn(await client.putApplication({ params, body }));
    }
    case 'budget': {
      // The reader of the file has checked it against the schema of this operation.
      const checked = body as Parameters<Client['putBudget']>[0]['body'];
      await client.putBudget({ params: { budget_id: id }, body: checked });
      return undefined;
    }
  }
}

function credentialsIn(written: {
  readonly credentials?: NewCredentials;
}): NewCredentials | undefined {
  return written.credentials;
}

function pendingOf({ things }: Plan): readonly PlannedThing[] {
  return things.filter(({ action }) => action !== 'none');
}

function shown(plan: Plan, world: World): string {
  const lines = plan.things.flatMap((thing) => linesOf(thing, world));
  const notes = plan.unmentioned.map((what) =>
    paint(world, 'dim', `  not in the file, left alone: ${printable(what)}`),
  );
  const count = (action: PlannedThing['action']): number =>
    plan.things.filter((thing) => thing.action === action).length;
  const ahead = `${count('create')} to create, ${count('change')} to change`;
  const total = `${ahead}, ${count('none')} as they are`;
  return `${[...lines, ...notes, total].join('\n')}\n`;
}

function linesOf({ kind, id, action, changes }: PlannedThing, world: World): string[] {
  const name = `${kind} ${printable(id)}`;
  switch (action) {
    case 'none':
      return [paint(world, 'dim', `  ${name}: as it is`)];
    case 'create':
      return [
        paint(world, 'green', `+ ${name}: to create`),
        ...changes.map(({ member, after }) => `    ${printable(`${member}: ${after}`)}`),
      ];
    case 'change':
      return [
        paint(world, 'yellow', `~ ${name}: to change`),
        ...changes.map(({ member, before, after }) => {
          const change = `${before ?? '(not set)'} -> ${after ?? '(not set)'}`;
          return `    ${printable(`${member}: ${change}`)}`;
        }),
      ];
  }
}
