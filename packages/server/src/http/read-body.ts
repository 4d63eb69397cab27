/** Reads a request body that comes piece by piece. */
import type { Clock, Timer } from '../ports/clock.ts';
import type { BodyLimits, BodyResult, BufferedBytes } from './body.ts';
import type { Exchange, Request } from './exchange.ts';

/** An exchange whose request is a stream. */
export interface StreamedExchange extends Exchange {
  readonly request: Request;
  /** Whether the request was cut off: an HTTP/2 stream that was reset ends like a whole one. */
  readonly cutOff: boolean;
}

const EMPTY = Buffer.alloc(0);

/**
 * Reads the whole body. What was taken from `buffered` stays taken until `release` of a `read`
 * result is called; every other result has given it back.
 */
export function readBody(
  exchange: StreamedExchange,
  limits: BodyLimits,
  buffered: BufferedBytes,
  clock: Clock,
): Promise<BodyResult> {
  const announced = exchange.header('content-length');
  const whole = announced === undefined ? undefined : Number(announced);
  if (whole !== undefined && whole > limits.bodyBytesMax) {
    return Promise.resolve({ kind: 'too_large', max: limits.bodyBytesMax });
  }
  // Who has left already tells no more: an HTTP/2 stream that was reset ends as if it were whole.
  if (exchange.gone) return Promise.resolve({ kind: 'incomplete' });
  return new Promise((resolve) => {
    const { request } = exchange;
    const chunks: Buffer[] = [];
    let size = 0;
    let timer: Timer | undefined;
    const startTimer = (): void => {
      timer ??= clock.after(limits.bodyTimeoutMs, () => finish({ kind: 'too_slow' }));
    };
    const finish = (result: BodyResult): void => {
      timer?.cancel();
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      exchange.whenGone(undefined);
      if (result.kind !== 'read') buffered.give(size);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      if (size + chunk.length > limits.bodyBytesMax) {
        finish({ kind: 'too_large', max: limits.bodyBytesMax });
      } else if (!buffered.take(chunk.length)) {
        finish({ kind: 'crowded' });
      } else {
        size += chunk.length;
        chunks.push(chunk);
        if (size !== whole) startTimer();
      }
    };
    const onEnd = (): void => {
      if (exchange.cutOff) return onClose();
      const [first = EMPTY] = chunks;
      const body = chunks.length <= 1 ? first : Buffer.concat(chunks, size);
      finish({ kind: 'read', body, release: () => buffered.give(size) });
    };
    const onClose = (): void => finish({ kind: 'incomplete' });
    request.on('data', onData).on('end', onEnd).on('close', onClose);
    // Most bodies come whole with their head and need no timer. Of one that never begins, the
    // listener's own timeout tells over HTTP/1.1, and nobody over HTTP/2.
    if (exchange.request.httpVersionMajor === 2) startTimer();
    // A destroyed HTTP/2 session tells its answers, not its requests.
    exchange.whenGone(onClose);
  });
}
