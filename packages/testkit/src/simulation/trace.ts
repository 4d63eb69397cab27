/**
 * What happened, as a hash that two runs of the same seed have in common, and, where somebody wants
 * to read it, as lines.
 */

/** Lines that are kept: the last ones before a violation tell most. */
const LINES_MAX = 100_000;

/** See the head of the file. */
export class Trace {
  readonly #lines: string[] | undefined;
  #high = 0x811c9dc5;
  #low = 0x1b873593;
  #at = 0;

  /** `readable`: lines are kept, which takes time. The hash is the same. */
  constructor(readable: boolean) {
    this.#lines = readable ? [] : undefined;
  }

  /** 64 bits of all events and facts, in their order. */
  get hash(): string {
    return hex(this.#high) + hex(this.#low);
  }

  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  /** Whether anybody reads lines. */
  get isReadable(): boolean {
    return this.#lines !== undefined;
  }

  event(at: number, what: string): void {
    this.#at = at;
    this.#mix(what);
    this.#mixNumber(Math.floor(at * 1_000));
    if (this.#lines !== undefined) this.#keep(what);
  }

  /** Something that is part of the hash. */
  fact(what: string): void {
    this.#mix(what);
    if (this.#lines !== undefined) this.#keep(`  ${what}`);
  }

  /** Something that is only told to who reads. */
  tell(what: () => string): void {
    if (this.#lines !== undefined) this.#keep(`  ${what()}`);
  }

  #keep(line: string): void {
    const lines = this.#lines;
    if (lines === undefined) return;
    lines.push(`${this.#at.toFixed(1).padStart(10)} ${line}`);
    if (lines.length > 2 * LINES_MAX) lines.splice(0, LINES_MAX);
  }

  #mix(text: string): void {
    let high = this.#high;
    let low = this.#low;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
    }
    this.#high = high;
    this.#low = low;
  }

  #mixNumber(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193);
    this.#low = Math.imul(this.#low ^ value, 0x85ebca6b) ^ (this.#low >>> 13);
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
