/** What a command's exit code says, and how each kind of failure is told. */
import { ApiError } from '@tollkeeper/contract';
import { CommanderError } from 'commander';
import type { World } from './world.ts';

/** 3 (done in part) belongs to commands that are not here yet. */
export const EXIT = { ok: 0, failure: 1, usage: 2, auth: 4, quota: 5, check: 10 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command that was called in a way that cannot be meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Checks failed that the command has already told of. */
export class ChecksFailed extends Error {
  override readonly name = 'ChecksFailed';
}

/** Tells what went wrong, on stderr, and which exit code that is. */
export function exitCodeOf(error: unknown, world: World): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof ApiError) return exitCodeOfApi(error, world);
  if (error instanceof ChecksFailed) return EXIT.check;
  const message = error instanceof Error ? error.message : String(error);
  world.note(`tollkeeper: ${message}${causeOf(error)}\n`);
  // By name: the verbs that open stores have an error class of their own, loaded only with them.
  return error instanceof Error && error.name === 'UsageError' ? EXIT.usage : EXIT.failure;
}

function exitCodeOfApi(error: ApiError, world: World): ExitCode {
  const request = error.requestId === null ? '' : ` (request ${error.requestId})`;
  world.note(`tollkeeper: ${error.code ?? error.status}: ${error.message}${request}\n`);
  if (error.status === 401 || error.status === 403) return EXIT.auth;
  return error.status === 429 ? EXIT.quota : EXIT.failure;
}

/** `fetch` says only that it failed; why is in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return '';
  const { cause } = error;
  const said = 'code' in cause && cause.message === '' ? String(cause.code) : cause.message;
  return error.message.includes(said) ? '' : `: ${said}`;
}
