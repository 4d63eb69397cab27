/**
 * The child's end of the harness: says which port it got, answers questions, and ends when the
 * parent is gone, however the parent ended. Messages travel over Node's own channel between
 * processes.
 */
import type { Server } from 'node:net';

/** A question from the harness and the answer to it. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: string };

const answers = new Map<string, (argument: never) => unknown>();

process.on('disconnect', () => process.exit(0));
process.on('message', (question: Question) => {
  void answerTo(question).then((answer) => process.send?.(answer));
});

/** Tells the harness that this child serves, and where. */
export function announce(server?: Server): void {
  const address = server?.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.send?.({ ready: { port } });
}

/** Registers how to answer questions of one name. Failures travel back as text. */
export function onQuestion<A>(name: string, answer: (argument: A) => unknown): void {
  answers.set(name, answer);
}

async function answerTo(question: Question): Promise<Answer> {
  const answer = answers.get(question.name) as ((argument: unknown) => unknown) | undefined;
  if (answer === undefined) return { id: question.id, failure: `no answer to ${question.name}` };
  try {
    return { id: question.id, value: await answer(question.argument) };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { id: question.id, failure };
  }
}
