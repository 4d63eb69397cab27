/**
 * Keeps what is asked of one attempt in the order in which it was asked here: who reserves and
 * releases at once means one after the other, and each goes with another group.
 */
export class AttemptTurns {
  /** The last that is on its way, by attempt. */
  readonly #reserving = new Map<string, Promise<unknown>>();
  readonly #ending = new Map<string, Promise<unknown>>();

  /** Begins once nothing is on its way that ends the attempt. */
  reserve<A>(attemptId: string, task: () => Promise<A>): Promise<A> {
    return inTurn(attemptId, this.#ending, this.#reserving, task);
  }

  /** Begins once nothing is on its way that reserves the attempt. */
  end<A>(attemptId: string, task: () => Promise<A>): Promise<A> {
    return inTurn(attemptId, this.#reserving, this.#ending, task);
  }
}

function inTurn<A>(
  attemptId: string,
  others: ReadonlyMap<string, Promise<unknown>>,
  ours: Map<string, Promise<unknown>>,
  task: () => Promise<A>,
): Promise<A> {
  const before = others.get(attemptId);
  const turn = before === undefined ? task() : before.then(task, task);
  ours.set(attemptId, turn);
  const leave = (): void => {
    if (ours.get(attemptId) === turn) ours.delete(attemptId);
  };
  turn.then(leave, leave);
  return turn;
}
