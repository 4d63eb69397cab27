/** Colours for terminals that want them; plain text for everything else. */
import type { World } from './world.ts';

const CODES = { red: 31, green: 32, yellow: 33, dim: 2 } as const;

export type Colour = keyof typeof CODES;

/** The text in a colour, if the output is a terminal. */
export function paint(world: Pick<World, 'terminal'>, colour: Colour, text: string): string {
  return world.terminal === true ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}
