/**
 * Complaints in the words of the command line: the API names members of a request
 * (`body.limit.amount`), whoever typed a command knows flags and arguments (`--limit-amount`).
 */
import { ApiError, type Problem } from '@tollkeeper/contract';
import type { Command } from 'commander';
import { UsageError } from './exit-code.ts';
import type { Flag } from './flag.ts';

/** The flags of a command, by the part of the request that they fill. */
export interface FlagParts {
  readonly query: readonly Pick<Flag, 'name' | 'path'>[];
  readonly body: readonly Pick<Flag, 'name' | 'path'>[];
}

/** A text with every member of the request replaced by its argument or flag. */
export function inFlags(text: string, flags: FlagParts): string {
  return text.replaceAll(
    /\b(params|query|body)\.(\w+(?:\.\w+)*)/g,
    (member, part: string, rest: string) => {
      const path = rest.split('.');
      if (part === 'params') return `<${rest}>`;
      return flagOf(path, part === 'query' ? flags.query : flags.body) ?? member;
    },
  );
}

function flagOf(path: readonly string[], flags: FlagParts['query']): string | undefined {
  const begins = (whole: readonly string[], start: readonly string[]): boolean =>
    start.every((each, i) => whole[i] === each);
  const flag = flags.find((each) => begins(path, each.path));
  if (flag !== undefined) {
    // What lies deeper is one of the values of the flag.
    const deeper = path.slice(flag.path.length);
    return `--${flag.name}${deeper.length === 0 ? '' : ` (${deeper.join('.')})`}`;
  }
  // An object without a flag of its own is stated by the flags of its members.
  const isWhole = flags.some((each) => begins(each.path, path));
  return isWhole ? `--${path.join('-').replaceAll('_', '-')}-*` : undefined;
}

/** What is thrown when a request cannot be sent. `opening` is the first line. */
export function refusal(
  opening: string,
  problems: readonly Problem[],
  flags: FlagParts,
  command: Command,
): UsageError {
  const lines = problems.map(({ member, problem }) => `  ${inFlags(member, flags)} ${problem}`);
  return new UsageError([opening, ...lines, seeHelpOf(command)].join('\n'));
}

/** Waits for an answer; an error of the API is told in flags. */
export async function toldInFlags<T>(answer: Promise<T>, flags: FlagParts): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code === null) throw error;
    const { status, code, details, requestId } = error;
    throw new ApiError(status, {
      error: code,
      message: inFlags(error.message, flags),
      details,
      ...(requestId === null ? {} : { request_id: requestId }),
    });
  }
}

/** Where to read on after a mistake. */
export function seeHelpOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return `See \`${names.join(' ')} --help\`.`;
}

/** Ends the complaints of the parser, of a command and all below it, with where to read on. */
export function endWithHelp(command: Command): void {
  command.showHelpAfterError(seeHelpOf(command));
  for (const each of command.commands) endWithHelp(each);
}
