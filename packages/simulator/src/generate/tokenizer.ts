/**
 * The simulator's own idea of tokens. It shares nothing with the product's bound on purpose:
 * `worst` is the densest tokenizer that a byte-level vocabulary allows, and the bound must hold
 * against it.
 */

/**
 * `typical`: four bytes a token. `worst`: one token per UTF-8 byte. `cjk`: one token per
 * character.
 */
export type TokenMode = 'typical' | 'worst' | 'cjk';

/** All modes, for the check of settings. */
export const TOKEN_MODES: readonly TokenMode[] = ['typical', 'worst', 'cjk'];

const TYPICAL_BYTES_PER_TOKEN = 4;

/** Characters of a text, where one outside the basic plane is one. */
export function characters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit <= 0xdbff) count--;
  }
  return count;
}

/** How many tokens a text is. The empty text is none. */
export function countTokens(text: string, mode: TokenMode): number {
  if (mode === 'cjk') return characters(text);
  const bytes = Buffer.byteLength(text);
  return mode === 'worst' ? bytes : Math.ceil(bytes / TYPICAL_BYTES_PER_TOKEN);
}

/** How many characters of the corpus of a mode make one token. */
export function charactersPerToken(mode: TokenMode): number {
  return mode === 'typical' ? TYPICAL_BYTES_PER_TOKEN : 1;
}
