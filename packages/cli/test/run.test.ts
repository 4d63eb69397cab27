/** The front of the command line: help, versions, and words that are no commands. */
import { OPERATION_NAMES, operation } from '@tollkeeper/contract';
import { expect, it } from 'vitest';
import { programFor, run } from '../src/run.ts';
import type { World } from '../src/world.ts';

async function tollkeeper(...argv: string[]) {
  const out: string[] = [];
  const notes: string[] = [];
  const code = await run(argv, silent(out, notes));
  return { code, out: out.join(''), notes: notes.join('') };
}

function silent(out: string[] = [], notes: string[] = []): World {
  return {
    env: {},
    out: (text) => out.push(text),
    note: (text) => notes.push(text),
    readFile: () => '',
    fetch,
  };
}

it('has a command for every operation that the contract gives one', async () => {
  const program = await programFor(undefined, silent());
  for (const name of OPERATION_NAMES) {
    const { command } = operation(name);
    if (command === null) continue;
    const noun = program.commands.find((each) => each.name() === command.noun);
    expect(noun, command.noun).toBeDefined();
    if (command.verb === null) continue;
    expect(noun?.commands.map((each) => each.name())).toContain(command.verb);
  }
});

it('helps on stdout when asked, on stderr with code 2 when called without words', async () => {
  const asked = await tollkeeper('--help');
  expect(asked).toMatchObject({ code: 0, notes: '' });
  expect(asked.out).toContain('Exit codes');
  const lost = await tollkeeper();
  expect(lost).toMatchObject({ code: 2, out: '' });
  expect(lost.notes).toContain('Usage: tollkeeper');
});

it.each([
  ['tollkeeper', ['frobnicate']],
  ['tollkeeper orgs', ['orgs', 'frobnicate']],
  ['tollkeeper orgs get', ['orgs', 'get']],
  ['tollkeeper orgs list', ['orgs', 'list', '--frob']],
  ['tollkeeper prices import', ['prices', 'import', 'x', '--frob']],
])('refuses with code 2 what %s does not know, and says where its help is', async (path, argv) => {
  const { code, notes } = await tollkeeper(...argv);
  expect(code).toBe(2);
  expect(notes).toContain(`\nSee \`${path} --help\`.\n`);
});

it('prints its version', async () => {
  expect((await tollkeeper('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});
