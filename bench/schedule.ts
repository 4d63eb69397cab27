/**
 * When open-loop calls are due. Arrivals are Poisson - independent callers, as in life - and
 * seeded, so that every target of a run sees the very same moments. Latency is counted from these
 * moments, not from when a call could be sent, so a stall is charged to every call that it held
 * up.
 */

/** Offsets from the start in milliseconds, ascending, of `perSecond` arrivals on average. */
export function poissonArrivals(perSecond: number, seconds: number, seed: number): Float64Array {
  const next = seeded(seed);
  const arrivals: number[] = [];
  let at = 0;
  for (;;) {
    at += (-Math.log(1 - next()) / perSecond) * 1000;
    if (at >= seconds * 1000) return Float64Array.from(arrivals);
    arrivals.push(at);
  }
}

/** Mulberry32: small, seeded, uniform in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Milliseconds of the machine's monotonic clock, the same in every thread and process. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
