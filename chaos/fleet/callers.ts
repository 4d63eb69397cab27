/**
 * Callers that share one budget: each makes one call after the other, at whatever gateway serves,
 * and a call that finds none, or is told to come again, comes again.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export const MODEL = 'amazon.nova-micro-v1:0';
const PAUSE_MS = 25;
const PATIENCE_MS = 60_000;

/** A call that hangs through the death of its gateway is given up by its connection, not by us. */
export interface CallOptions {
  readonly apiKey: string;
  readonly maxTokens: number;
}

/** One Converse call. The status, or 0 when the connection broke. */
export async function callOnce(endpoint: string, options: CallOptions): Promise<number> {
  try {
    const answer = await fetch(`${endpoint}/model/${encodeURIComponent(MODEL)}/converse`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${options.apiKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        messages: [{ role: 'user', content: [{ text: 'How much is the toll today?' }] }],
        inferenceConfig: { maxTokens: options.maxTokens },
      }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

export interface Calling extends CallOptions {
  /** Where to call now; undefined: nowhere. */
  readonly endpoint: () => string | undefined;
  readonly callers: number;
  /** Calls to make in all; each ends with 200 or with a spent budget. */
  readonly calls: number;
  /** Asked before each try: false ends everything. */
  readonly goOn: () => boolean;
  /** Calls that may begin in a second, of all callers together; Infinity: as many as can. */
  readonly callsPerSecond: number;
}

/** What callers saw: how often each status, 0 being a broken connection. */
export type Seen = Map<number, number>;

/** One more of a status. */
export function count(seen: Seen, status: number): void {
  seen.set(status, (seen.get(status) ?? 0) + 1);
}

/** Makes the calls, and tells of every answer. Ends when all have ended, or nobody goes on. */
export async function callAll(calling: Calling, see: (status: number) => void): Promise<void> {
  let left = calling.calls;
  const turn = turns(calling.callsPerSecond);
  const caller = async (): Promise<void> => {
    while (left > 0 && calling.goOn()) {
      left -= 1;
      await turn();
      await untilEnded(calling, see);
    }
  };
  await Promise.all(Array.from({ length: calling.callers }, caller));
}

/** Each answer is due one interval after the one before it, and none is made up for. */
function turns(perSecond: number): () => Promise<void> {
  let next = 0;
  return async () => {
    const now = performance.now();
    next = Math.max(next + 1_000 / perSecond, now);
    if (next > now) await sleep(next - now);
  };
}

async function untilEnded(calling: Calling, see: (status: number) => void): Promise<void> {
  while (calling.goOn()) {
    const endpoint = calling.endpoint();
    const status = endpoint === undefined ? undefined : await callOnce(endpoint, calling);
    if (status !== undefined) see(status);
    if (status === 200 || status === 400) return;
    await sleep(PAUSE_MS);
  }
}
