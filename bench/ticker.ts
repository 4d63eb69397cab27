/**
 * The worker that wakes the load for each arrival of an open-loop run. Event-loop timers know whole
 * milliseconds only; a thread of its own can sleep to some tens of microseconds.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { nowMs } from './schedule.ts';

const { startMs, arrivals } = workerData as { startMs: number; arrivals: Float64Array };
const never = new Int32Array(new SharedArrayBuffer(4));

for (const offset of arrivals) {
  const due = startMs + offset;
  const wait = due - nowMs();
  if (wait > 0) Atomics.wait(never, 0, 0, wait);
  parentPort?.postMessage(due);
}
