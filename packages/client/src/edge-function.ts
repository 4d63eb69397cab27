/**
 * Provisioned throughput for programs: `callEdgeFunctionDirect({ action, data })`, typed, as the
 * person who signed in.
 */
import { edgeFunctionCaller, type CallEdgeFunctionDirect } from '@tollkeeper/contract';
import { systemOutside } from './adapters/system.ts';
import type { Outside } from './outside.ts';

/** Where the endpoint is, and as whom it is called. */
export interface EdgeFunctionSettings {
  /** Such as `http://127.0.0.1:8080`, or the URL of a Supabase project. */
  readonly endpoint: string;
  /** Token of the person who signed in; a function is asked before every call. */
  readonly accessToken: string | (() => string | Promise<string>);
  /** How long one call may take. Default 30 seconds. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;

/**
 * The call of an application. It rejects with `EdgeFunctionError` when it is refused: nothing is
 * repeated by itself, but whatever has a `clientRequestToken` may be.
 */
export function edgeFunction(
  { endpoint, accessToken, timeoutMs = TIMEOUT_MS }: EdgeFunctionSettings,
  outside: Pick<Outside, 'fetchWithin'> = systemOutside(),
): { readonly callEdgeFunctionDirect: CallEdgeFunctionDirect } {
  const never = new AbortController().signal;
  const fetch = outside.fetchWithin(timeoutMs, never);
  return { callEdgeFunctionDirect: edgeFunctionCaller({ endpoint, accessToken, fetch }) };
}
