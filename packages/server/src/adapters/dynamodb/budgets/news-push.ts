/**
 * Making revisions of budgets known costs a write for every lane of every instance. Whoever was
 * told of a revision knows of all before it, so that many changes at once are told as one: while
 * one is being told, the others wait, and then go together.
 */

/** `push` for whoever comes: resolves once its revision is known everywhere; rejects as `push`. */
export function inOne(push: (revision: number) => Promise<void>): typeof push {
  let told = 0;
  let newest = 0;
  let running: Promise<void> | undefined;
  const tell = async (): Promise<void> => {
    const revision = newest;
    await push(revision);
    told = Math.max(told, revision);
  };
  return async (revision) => {
    newest = Math.max(newest, revision);
    while (told < revision) {
      running ??= tell().finally(() => {
        running = undefined;
      });
      await running;
    }
  };
}
