/**
 * Reads one HTTP/1.1 answer after the other from a connection and compares its body, byte by
 * byte, with what it has to be. Made for speed: no copies on the common path, and nothing is kept
 * of a body but how far the comparison came.
 *
 * States: `head` (until the blank line), then `sized` (content-length bytes) or the round of
 * `size` (a chunk's length line), `chunk` (its bytes) and `trailer` (the line after the last
 * chunk). A complete answer leads back to `head`.
 */

const CR = 13;
const LF = 10;
const HEAD_END = '\r\n\r\n';
const NO_BYTES = Buffer.alloc(0);
/** How much of an unexpected answer is kept for the report. */
const REPORTED_BYTES_MAX = 600;

type State = 'head' | 'sized' | 'size' | 'chunk' | 'trailer';

export class AnswerReader {
  /** Status of the running answer, 0 before its head is read. */
  status = 0;
  /** Body bytes of the running answer seen so far. */
  bodyBytes = 0;
  /** What was wrong with the running answer, or null. */
  fault: string | null = null;

  readonly #expected: Buffer;
  #state: State = 'head';
  #unread: Buffer = NO_BYTES;
  /** Bytes of the sized body or of the chunk, its line end included, still to come. */
  #missing = 0;
  #size = 0;
  #trailerLine = 0;
  #unexpected = '';

  constructor(expected: Buffer) {
    this.#expected = expected;
  }

  /** Forgets the answer that ended, so that the next may be read. */
  reset(): void {
    this.status = 0;
    this.bodyBytes = 0;
    this.fault = null;
    this.#unexpected = '';
  }

  /**
   * Takes the first `length` bytes of `arrived`, which may be overwritten afterwards. True when the
   * answer is complete; `fault` then says whether it was the right one. Bytes after it are a fault.
   */
  push(arrived: Buffer, length: number): boolean {
    let bytes = arrived;
    let end = length;
    if (this.#unread.length > 0) {
      bytes = Buffer.concat([this.#unread, arrived.subarray(0, length)]);
      end = bytes.length;
      this.#unread = NO_BYTES;
    }
    let at = 0;
    if (this.#state === 'head') {
      at = this.#readHead(bytes, end);
      if (at < 0) return false;
    }
    while (at < end && this.#state !== 'head') at = this.#readBody(bytes, at, end);
    if (this.#state !== 'head') return false;
    if (at < end) this.fault ??= `${end - at} bytes after the answer`;
    return true;
  }

  /** Where the body starts, or -1 when the head has not ended. */
  #readHead(bytes: Buffer, end: number): number {
    const headEnd = bytes.indexOf(HEAD_END);
    if (headEnd < 0 || headEnd + HEAD_END.length > end) {
      this.#unread = Buffer.from(bytes.subarray(0, end));
      return -1;
    }
    const head = bytes.toString('latin1', 0, headEnd);
    this.status = Number(head.slice(9, 12));
    if (this.status !== 200) this.#unexpected = head.slice(0, head.indexOf('\r\n'));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) {
      this.#state = 'sized';
      this.#missing = Number(length);
      if (this.#missing === 0) this.#finish();
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      this.#state = 'size';
      this.#size = 0;
    } else {
      this.fault = `an answer without a length: ${head}`;
      this.#finish();
    }
    return headEnd + HEAD_END.length;
  }

  #readBody(bytes: Buffer, at: number, end: number): number {
    switch (this.#state) {
      case 'sized': {
        const taken = Math.min(this.#missing, end - at);
        this.#compare(bytes, at, at + taken);
        this.#missing -= taken;
        if (this.#missing === 0) this.#finish();
        return at + taken;
      }
      case 'size':
        return this.#readSize(bytes, at, end);
      case 'chunk': {
        const taken = Math.min(this.#missing, end - at);
        const body = Math.min(taken, Math.max(0, this.#missing - 2));
        this.#compare(bytes, at, at + body);
        this.#missing -= taken;
        if (this.#missing === 0) this.#state = 'size';
        return at + taken;
      }
      case 'trailer':
        return this.#readTrailer(bytes, at, end);
      case 'head':
        return end;
    }
  }

  #readSize(bytes: Buffer, from: number, end: number): number {
    for (let at = from; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === CR) continue;
      if (byte === LF) {
        this.#state = this.#size === 0 ? 'trailer' : 'chunk';
        this.#missing = this.#size + 2;
        this.#size = 0;
        this.#trailerLine = 0;
        return at + 1;
      }
      this.#size = this.#size * 16 + (byte <= 57 ? byte - 48 : (byte | 32) - 87);
    }
    return end;
  }

  #readTrailer(bytes: Buffer, from: number, end: number): number {
    for (let at = from; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === CR) continue;
      if (byte !== LF) {
        this.#trailerLine += 1;
      } else if (this.#trailerLine === 0) {
        this.#finish();
        return at + 1;
      } else {
        this.#trailerLine = 0;
      }
    }
    return end;
  }

  #compare(bytes: Buffer, from: number, to: number): void {
    const seen = this.bodyBytes;
    this.bodyBytes += to - from;
    if (this.status !== 200) {
      if (this.#unexpected.length < REPORTED_BYTES_MAX) {
        this.#unexpected += ` ${bytes.toString('latin1', from, to)}`;
      }
      return;
    }
    if (this.fault !== null) return;
    const differs =
      this.bodyBytes > this.#expected.length ||
      bytes.compare(this.#expected, seen, this.bodyBytes, from, to) !== 0;
    if (!differs) return;
    const found = bytes.toString('latin1', from, Math.min(to, from + REPORTED_BYTES_MAX));
    this.fault = `the body differs from the upstream's after byte ${seen}: ${found}`;
  }

  #finish(): void {
    this.#state = 'head';
    if (this.status !== 200) this.fault ??= this.#unexpected;
    else if (this.bodyBytes < this.#expected.length) this.fault ??= 'the body is too short';
  }
}
