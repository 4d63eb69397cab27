/**
 * The prompt cache. A request marks prefixes of its prompt with checkpoints; the first request
 * with a prefix writes it, later ones within its time to live read it. Counts are disjoint: what
 * is read or written is not in the uncached input. A read renews the time to live, as it does at
 * AWS.
 */
import { createHash } from 'node:crypto';
import type { CacheTtl, Piece } from '../model/ask.ts';
import { countTokens, type TokenMode } from './tokenizer.ts';

/**
 * How hits are decided. `memory`: as AWS does, by what was seen before. `write` and `read`: always
 * that. `body`: from the prefix alone, so that a request has the same counts whatever ran before
 * it. `implicit`: models that cache by their own choice read a part of every prompt.
 */
export type CacheMode = 'memory' | 'write' | 'read' | 'body' | 'implicit';

/** All modes, for the check of settings. */
export const CACHE_MODES: readonly CacheMode[] = ['memory', 'write', 'read', 'body', 'implicit'];

/** The prompt's tokens by class. */
export interface PromptCounts {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite30m: number;
  readonly cacheWrite1h: number;
}

/** How a prompt is counted. */
export interface CountSettings {
  readonly tokens: TokenMode;
  readonly cache: CacheMode;
  /** The shortest prefix that is cached. */
  readonly tokensMin: number;
  /** What is read in implicit mode; null: half of a prompt that is long enough. */
  readonly implicitTokens: number | null;
  readonly nowMs: number;
}

interface Checkpoint {
  readonly key: string;
  readonly tokens: number;
  readonly ttl: CacheTtl;
}

const TTL_MS: Record<CacheTtl, number> = { '5m': 300_000, '30m': 1_800_000, '1h': 3_600_000 };

/** Prefixes remembered at most; the least recently used goes first. */
const PREFIXES_MAX = 100_000;

/** The prefixes that one simulator has seen, by model and content. */
export class PromptCache {
  readonly #expiry = new Map<string, number>();

  /** Forgets every prefix. */
  clear(): void {
    this.#expiry.clear();
  }

  /** Splits a prompt by class and, in memory mode, remembers what it wrote. */
  count(modelId: string, pieces: readonly Piece[], how: CountSettings): PromptCounts {
    const { total, checkpoints } = measure(modelId, pieces, how.tokens);
    if (how.cache === 'implicit') return readImplicitly(total, how);
    const usable = checkpoints.filter((checkpoint) => checkpoint.tokens >= how.tokensMin);
    const hit = this.#longestHit(usable, how.cache, how.nowMs);
    let reached = usable[hit]?.tokens ?? 0;
    const cacheRead = reached;
    const writes: Record<CacheTtl, number> = { '5m': 0, '30m': 0, '1h': 0 };
    for (const checkpoint of usable.slice(hit + 1)) {
      writes[checkpoint.ttl] += checkpoint.tokens - reached;
      reached = checkpoint.tokens;
    }
    if (how.cache === 'memory') this.#remember(usable, how.nowMs);
    return {
      input: total - reached,
      cacheRead,
      cacheWrite5m: writes['5m'],
      cacheWrite30m: writes['30m'],
      cacheWrite1h: writes['1h'],
    };
  }

  /** The index of the longest prefix that is read, or -1. */
  #longestHit(checkpoints: readonly Checkpoint[], mode: CacheMode, nowMs: number): number {
    if (mode === 'write') return -1;
    if (mode === 'read') return checkpoints.length - 1;
    if (mode === 'body') {
      const even = Number.parseInt(checkpoints.at(-1)?.key.at(-1) ?? '0', 16) % 2 === 0;
      return even ? checkpoints.length - 1 : checkpoints.length - 2;
    }
    return checkpoints.findLastIndex(({ key }) => (this.#expiry.get(key) ?? 0) > nowMs);
  }

  #remember(checkpoints: readonly Checkpoint[], nowMs: number): void {
    for (const { key, ttl } of checkpoints) {
      const before = this.#expiry.get(key) ?? 0;
      this.#expiry.delete(key);
      this.#expiry.set(key, Math.max(nowMs + TTL_MS[ttl], before));
    }
    for (const oldest of this.#expiry.keys()) {
      if (this.#expiry.size <= PREFIXES_MAX) break;
      this.#expiry.delete(oldest);
    }
  }
}

function readImplicitly(total: number, how: CountSettings): PromptCounts {
  const half = total >= how.tokensMin ? Math.floor(total / 2) : 0;
  const cacheRead = Math.min(total, how.implicitTokens ?? half);
  const none = { cacheWrite5m: 0, cacheWrite30m: 0, cacheWrite1h: 0 };
  return { input: total - cacheRead, cacheRead, ...none };
}

/** How many tokens a prompt has, cached or not. */
export function promptTokens(pieces: readonly Piece[], mode: TokenMode): number {
  return measure('', pieces, mode).total;
}

function measure(
  modelId: string,
  pieces: readonly Piece[],
  mode: TokenMode,
): { total: number; checkpoints: readonly Checkpoint[] } {
  const checkpoints: Checkpoint[] = [];
  const cached = pieces.some((piece) => piece.kind === 'checkpoint');
  const prefix = cached ? createHash('sha256').update(modelId) : null;
  let total = 0;
  for (const piece of pieces) {
    if (piece.kind === 'checkpoint') {
      const key = prefix?.copy().digest('hex') ?? '';
      checkpoints.push({ key, tokens: total, ttl: piece.ttl });
    } else if (piece.kind === 'text') {
      total += countTokens(piece.text, mode);
      prefix?.update(`\0t${piece.text}`);
    } else {
      total += piece.tokens;
      prefix?.update(`\0f${piece.tokens}${piece.digest}`);
    }
  }
  return { total, checkpoints };
}
