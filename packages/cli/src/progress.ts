/** How far long work has come: a bar on a terminal, a line now and then elsewhere. */
import type { World } from './world.ts';

const BAR_WIDTH = 30;
/** Lines of one piece of work where there is no terminal: one for each tenth. */
const LINES = 10;

export interface Progress {
  /** `total` 0: there is nothing to do. */
  at(done: number, total: number): void;
  /** Leaves the bar where it is; what is written next begins on a line of its own. */
  end(): void;
}

/** Progress of `what`, on the side of the notes. */
export function progressOf(world: Pick<World, 'note' | 'noteTerminal'>, what: string): Progress {
  let shown = -1;
  return {
    at(done, total) {
      const part = total === 0 ? 1 : Math.min(1, done / total);
      const step = Math.floor(part * (world.noteTerminal === true ? 100 : LINES));
      if (step === shown) return;
      shown = step;
      const percent = `${Math.floor(part * 100)} %`.padStart(5);
      if (world.noteTerminal !== true) {
        world.note(`${what}: ${percent.trim()} (${done} of ${total})\n`);
        return;
      }
      const filled = Math.round(part * BAR_WIDTH);
      const bar = '#'.repeat(filled).padEnd(BAR_WIDTH, '.');
      world.note(`\r${what}  [${bar}] ${percent}  ${done} of ${total}`);
    },
    end() {
      if (world.noteTerminal === true && shown >= 0) world.note('\n');
    },
  };
}
