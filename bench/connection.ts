/**
 * One keep-alive connection of the load: sends prepared bytes, reads the answer, says when what
 * came. All connections read into one buffer, which is safe because each read is consumed before
 * the next.
 */
import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import { nowMs } from './schedule.ts';

/** One call that has ended, right or wrong. Moments are of the monotonic clock. */
export interface Call {
  readonly dueMs: number;
  readonly sentMs: number;
  readonly firstByteMs: number;
  readonly endedMs: number;
  readonly fault: string | null;
}

const READ_BUFFER = Buffer.allocUnsafe(256 * 1024);

export class Connection {
  readonly #port: number;
  #reader: AnswerReader;
  readonly #expected: Buffer;
  readonly #ended: (call: Call) => void;
  #socket: Socket | null = null;
  #waiting = false;
  #closing = false;
  #dueMs = 0;
  #sentMs = 0;
  #firstByteMs = 0;

  constructor(port: number, expected: Buffer, ended: (call: Call) => void) {
    this.#port = port;
    this.#expected = expected;
    this.#reader = new AnswerReader(expected);
    this.#ended = ended;
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const onread = {
        buffer: READ_BUFFER,
        callback: (length: number, bytes: Uint8Array): boolean => {
          this.#read(bytes as Buffer, length);
          return true;
        },
      };
      const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true, onread });
      this.#socket = socket;
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.once('close', () => this.#lost());
        resolve();
      });
    });
  }

  /** Sends one request. The call counts from `dueMs`, which may lie in the past. */
  ask(request: Buffer, dueMs: number): void {
    this.#waiting = true;
    this.#dueMs = dueMs;
    this.#sentMs = nowMs();
    this.#firstByteMs = 0;
    this.#socket?.write(request);
  }

  close(): void {
    this.#closing = true;
    this.#socket?.destroy();
  }

  #read(bytes: Buffer, length: number): void {
    const complete = this.#reader.push(bytes, length);
    const now = nowMs();
    if (this.#firstByteMs === 0 && this.#reader.bodyBytes > 0) this.#firstByteMs = now;
    if (complete) this.#end(now, this.#reader.fault);
  }

  #end(endedMs: number, fault: string | null): void {
    const firstByteMs = this.#firstByteMs === 0 ? endedMs : this.#firstByteMs;
    this.#reader.reset();
    this.#waiting = false;
    this.#ended({ dueMs: this.#dueMs, sentMs: this.#sentMs, firstByteMs, endedMs, fault });
  }

  /** The other side closed. A call under way is wrong; either way the connection is made anew. */
  #lost(): void {
    if (this.#closing) return;
    const asking = this.#waiting;
    this.#reader = new AnswerReader(this.#expected);
    this.open().then(
      () => {
        if (asking) this.#end(nowMs(), 'the connection was closed before the answer was complete');
      },
      () => {
        if (asking) this.#end(nowMs(), 'the connection was lost and could not be made again');
      },
    );
  }
}
