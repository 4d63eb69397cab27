/** The end of a server: nothing new is taken on, what runs ends, and everything is settled. */
import type { Gateway } from './gateway/gateway.ts';
import type { Listener } from './http/listener.ts';
import type { Clock } from './ports/clock.ts';

export interface ShutdownParts {
  readonly gateway: Gateway;
  readonly listener: Listener;
  readonly stopJobs: () => void;
  /** Resolves when alerts of what was settled are in the store, and none is being sent. */
  readonly stopAlerts: () => Promise<void>;
  readonly closeRates: () => Promise<void>;
  /** Closes the stores. `unsettled`: others have to recover what this process leaves. */
  readonly end: (left: 'settled' | 'unsettled') => Promise<void>;
  /** Both in milliseconds. */
  readonly settings: { readonly shutdownGraceMs: number; readonly settleWaitMs: number };
}

/** Ends everything within its grace, in this order, and closes the stores. */
export async function shutDown(parts: ShutdownParts): Promise<void> {
  const { gateway, listener, settings } = parts;
  parts.stopJobs();
  const closed = listener.close();
  await within(gateway.clock, gateway.running.idle(), settings.shutdownGraceMs);
  gateway.running.abandonAll('shutdown');
  // From here on nothing can be sent: what has not been yet ends as not sent.
  await gateway.upstream.close();
  await within(gateway.clock, gateway.running.idle(), settings.settleWaitMs);
  await within(gateway.clock, gateway.settlements.empty(), settings.shutdownGraceMs);
  // Answers that are ready may still be on their way to slow clients.
  listener.finish();
  await within(gateway.clock, closed, settings.settleWaitMs);
  listener.destroy();
  await closed;
  await within(gateway.clock, gateway.refusals.close(), settings.shutdownGraceMs);
  await within(gateway.clock, parts.stopAlerts(), settings.shutdownGraceMs);
  const left = await leftBehind(gateway);
  await parts.closeRates();
  await parts.end(left);
}

/** Whether a hold of this instance is still open, or may be: then it must be found by recovery. */
async function leftBehind(gateway: Gateway): Promise<'settled' | 'unsettled'> {
  if (gateway.running.count > 0 || gateway.settlements.pending > 0) return 'unsettled';
  try {
    const holds = await gateway.ledger.holds(gateway.instanceId);
    return holds.length === 0 ? 'settled' : 'unsettled';
  } catch {
    return 'unsettled';
  }
}

function within(clock: Clock, work: Promise<void>, ms: number): Promise<void> {
  return Promise.race([work, new Promise<void>((resolve) => clock.after(ms, resolve))]);
}
