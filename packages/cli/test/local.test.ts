/** The verbs that run here: their flags are the table of settings. */
import { flagOf, SETTING_KEYS } from '@tollkeeper/server';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addLocalCommands } from '../src/local.ts';

async function flagsFor(verb: string): Promise<readonly (string | undefined)[]> {
  const program = new Command();
  await addLocalCommands(program, verb);
  const command = program.commands.find((each) => each.name() === verb);
  return command?.options.map(({ long }) => long ?? undefined) ?? [];
}

describe.each(['serve', 'init'])('%s', (verb) => {
  it('has a flag for every setting that may have one, and none for secrets', async () => {
    const flags = await flagsFor(verb);
    const expected = SETTING_KEYS.map(flagOf).filter((flag) => flag !== null);
    expect(flags).toEqual(expect.arrayContaining(expected));
    expect(flags).not.toContain('--master-key');
  });
});

it('serve has the flags of the demo', async () => {
  expect(await flagsFor('serve')).toEqual(
    expect.arrayContaining(['--demo', '--simulator-port', '--upstream', '--insecure-http']),
  );
});

it('loads nothing of the server for a command that does not need it', async () => {
  const program = new Command();
  await addLocalCommands(program, 'orgs');
  const serve = program.commands.find((each) => each.name() === 'serve');
  expect(serve?.options.map(({ long }) => long)).not.toContain('--host');
});
