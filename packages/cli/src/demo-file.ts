/** `demo.json`: what a client needs to try the demo, kept in the data directory with mode 600. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a client needs to try the demo; kept in `<data-dir>/demo.json`, mode 600. */
export interface Demo {
  readonly endpoint: string;
  readonly simulator: string;
  readonly region: string;
  readonly org_id: string;
  readonly app_id: string;
  readonly api_key: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly provisioning_key: string;
  /** An API key of the user "Demo", for the apportioning door; sent bare as `Authorization`. */
  readonly s2_key: string;
  /** `iss` of the demo's own tokens, and where they are had; null: the demo hands out none. */
  readonly issuer: string | null;
  /** How a token is had. */
  readonly demo_tokens: DemoTokenRequest | null;
  /** The organizations of the demo's tenants, by the tenant that a token names. */
  readonly tenants: Readonly<Record<string, string>>;
  /** The process that signals are for. */
  readonly gateway_pid: number;
  /** With `--workers`, those that serve, which it watches over; empty: it serves itself. */
  readonly worker_pids: readonly number[];
  readonly simulator_pid: number | null;
  /** Absent: a demo of an earlier release, in a file. */
  readonly store?: 'sqlite' | 'dynamodb';
  /** Where DynamoDB is reached, and the process that it is if the demo started it. */
  readonly store_endpoint: string | null;
  readonly store_pid: number | null;
}

/** The request by which the demo hands out tokens. */
export interface DemoTokenRequest {
  readonly method: 'POST';
  readonly url: string;
  readonly body: { readonly tenant: string };
  /** What `tenant` may be. */
  readonly tenants: readonly string[];
  /** Where in the answer the tokens are. */
  readonly answer: readonly string[];
}

const OWNER_ONLY = 0o600;

/** What an earlier start has left, if anything. */
export function readDemo(dataDir: string): Demo | undefined {
  try {
    return JSON.parse(readFileSync(demoPath(dataDir), 'utf8')) as Demo;
  } catch {
    return undefined;
  }
}

/** Replaces the file as a whole, so that nobody reads half of it. */
export function writeDemo(dataDir: string, demo: Demo): void {
  const draft = `${demoPath(dataDir)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(demo, null, 2)}\n`, { mode: OWNER_ONLY });
  renameSync(draft, demoPath(dataDir));
}

/** Whether a simulator answers there, and under which process id. */
export async function simulatorHealth(url: string): Promise<{ pid: number | null } | undefined> {
  try {
    const answer = await fetch(new URL('/_simulator/health', url), {
      signal: AbortSignal.timeout(2_000),
    });
    const health = (await answer.json()) as { pid?: number };
    return answer.ok ? { pid: health.pid ?? null } : undefined;
  } catch {
    return undefined;
  }
}

/** Where it is. */
export function demoPath(dataDir: string): string {
  return join(dataDir, 'demo.json');
}
