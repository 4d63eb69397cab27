/** Amounts as SQLite keeps them: 64-bit integers, and never a rounded one. */
import type { SqlInteger } from './protocol.ts';

const INT64_MAX = 2n ** 63n - 1n;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Throws a RangeError for an amount that one entry or hold cannot keep. */
export function toSqlInteger(amount: bigint): SqlInteger {
  if (amount <= SAFE_MAX && amount >= -SAFE_MAX) return Number(amount);
  if (amount > INT64_MAX || amount < -INT64_MAX) {
    throw new RangeError(`An entry or hold keeps at most 64 bits: ${amount} is beyond them`);
  }
  return amount;
}
