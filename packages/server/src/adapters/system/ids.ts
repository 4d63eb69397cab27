/** Ids and secrets from the system's secure random source. */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';

const POOL_BYTES = 4096;
const RANDOM_BYTES_PER_ID = 10;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * UUIDs of version 7 (RFC 9562): 48 bits of milliseconds, then random bits. Random bytes are drawn
 * in pools, because one system call per id would cost more than the id.
 */
export function systemIds(clock: Clock): Ids {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  const hex = (index: number): string => HEX[pool[index] ?? 0] ?? '00';

  return {
    uuid(): string {
      if (used + RANDOM_BYTES_PER_ID > POOL_BYTES) {
        randomFillSync(pool);
        used = 0;
      }
      const time = clock.now().toString(16).padStart(12, '0');
      const at = used;
      used += RANDOM_BYTES_PER_ID;
      pool[at] = ((pool[at] ?? 0) & 0x0f) | 0x70;
      pool[at + 2] = ((pool[at + 2] ?? 0) & 0x3f) | 0x80;
      return (
        `${time.slice(0, 8)}-${time.slice(8)}-${hex(at)}${hex(at + 1)}-` +
        `${hex(at + 2)}${hex(at + 3)}-` +
        `${hex(at + 4)}${hex(at + 5)}${hex(at + 6)}${hex(at + 7)}${hex(at + 8)}${hex(at + 9)}`
      );
    },
    secret: (bytes: number) => new Uint8Array(randomBytes(bytes)),
  };
}
