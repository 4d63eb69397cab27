/** Chance where nothing depends on its being secret: how long to wait before the next try. */

/** From 0 inclusive to 1 exclusive. */
export function systemChance(): number {
  return Math.random();
}
