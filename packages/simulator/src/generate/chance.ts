/**
 * Numbers that look random and follow from a seed alone. What the simulator answers to a request
 * is drawn from the hash of that request, so equal requests get equal answers in every run.
 */
import { hash } from 'node:crypto';

/** Draws numbers below `limit`, an integer of at most 2^32. */
export interface Chance {
  below(limit: number): number;
}

/** A generator (mulberry32) that starts from a 32-bit seed. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
    },
  };
}

/** SHA-256 of the parts in hexadecimal. A zero byte keeps neighbouring parts apart. */
export function digestOf(label: string, content: Buffer | string): string {
  const head = Buffer.from(label + '\0');
  const tail = typeof content === 'string' ? Buffer.from(content) : content;
  return hash('sha256', Buffer.concat([head, tail]), 'hex');
}

/** The first 32 bits of a hexadecimal digest. */
export function seedOf(digest: string): number {
  return Number.parseInt(digest.slice(0, 8), 16);
}
