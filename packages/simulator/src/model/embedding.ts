/**
 * Vectors, the same for every family of embeddings: drawn from the hash of the request, of length
 * one.
 */
import { type Chance, chanceFrom } from '../generate/chance.ts';
import type { Generation } from '../generate/generation.ts';

/** The vectors of an answer, as many and as long as it was asked for. */
export function vectorsOf(generation: Generation): readonly number[][] {
  const chance = chanceFrom(generation.seed);
  const { items, dimensions } = generation.ask;
  return Array.from({ length: items }, () => vector(chance, dimensions));
}

function vector(chance: Chance, dimensions: number): number[] {
  const raw = Array.from({ length: dimensions }, () => chance.below(2001) - 1000);
  const norm = Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0)) || 1;
  return raw.map((value) => Math.round((value / norm) * 1e8) / 1e8);
}
