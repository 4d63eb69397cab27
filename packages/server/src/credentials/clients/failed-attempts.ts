/**
 * How often a secret may be wrong: so often a minute for a client from one address. Who tries to
 * guess is stopped; the client itself, from another address, is not. Known and unknown clients are
 * counted alike. An attempt counts from its beginning, so that many at once are no way around, and
 * is taken back when it turns out right.
 */
import type { Clock } from '../../ports/clock.ts';

/** Length of the window that begins with its first failure, in milliseconds. */
export const FAILURE_WINDOW_MS = 60_000;

interface Window {
  readonly endsAt: number;
  count: number;
}

/** Most pairs of client and address that are remembered; the oldest goes first. */
const WINDOWS_MAX = 50_000;

/** An attempt that may go on, or how long to wait. */
export type Attempt =
  | { readonly kind: 'go'; readonly wasRight: () => void }
  | { readonly kind: 'wait'; readonly ms: number };

export class FailedAttempts {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, failuresMax: number) {
    this.#clock = clock;
    this.#max = failuresMax;
  }

  begin(clientId: string, address: string): Attempt {
    const now = this.#clock.monotonic();
    const name = `${networkOf(address)} ${clientId}`;
    let window = this.#windows.get(name);
    if (window === undefined || window.endsAt <= now) {
      this.#windows.delete(name);
      this.#makeRoom(now);
      window = { endsAt: now + FAILURE_WINDOW_MS, count: 0 };
      this.#windows.set(name, window);
    }
    if (window.count >= this.#max) return { kind: 'wait', ms: window.endsAt - now };
    window.count += 1;
    const counted = window;
    return { kind: 'go', wasRight: () => void (counted.count -= 1) };
  }

  #makeRoom(now: number): void {
    // In the order in which they began, which is that in which they end.
    for (const [name, { endsAt }] of this.#windows) {
      if (endsAt > now && this.#windows.size < WINDOWS_MAX) return;
      this.#windows.delete(name);
    }
  }
}

const IPV6_NETWORK_GROUPS = 4;

/**
 * What one caller can hardly leave: the address, or the network of an IPv6 address, of which a
 * single host has 2^64.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return `${groups.slice(0, IPV6_NETWORK_GROUPS).join(':')}::/64`;
}
