/** How a run against real processes ends. */

/** Exit codes: every promise held, one was broken, the run itself failed, it proves too little. */
export const HELD = 0;
export const BROKEN = 1;
export const FAILED = 2;
export const VOID = 3;

/** Tells of a run without a broken promise. `tooLittle`: why it proves nothing, if so. */
export function heldUnless(tooLittle: string | null): typeof HELD | typeof VOID {
  console.log(tooLittle === null ? 'every promise held' : `VOID: ${tooLittle}`);
  return tooLittle === null ? HELD : VOID;
}

/** Runs with the arguments of this process, and ends it with the answer. */
export async function endWith(main: (argv: readonly string[]) => Promise<number>): Promise<never> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.stack : error);
    process.exitCode = FAILED;
  }
  // Sockets of killed connections may linger; nothing is left to be done.
  process.exit();
}
