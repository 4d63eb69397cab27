/**
 * Looks around from where the gateway stands and says what is wrong and what to do about it. All
 * checks run at the same time; none rejects, and each is bounded in time by what it asks.
 */
import type { ApiResult, Handlers, RESOURCES } from '@tollkeeper/contract';
import type { Permission, Shown, Surroundings } from '../ports/surroundings.ts';
import type { Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';

type Names = keyof (typeof RESOURCES)['diagnosis'];
type Check = ApiResult<'diagnose'>['checks'][number];

/** AWS refuses a signature that is five minutes off. */
const SKEW_FAIL_MS = 240_000;
const SKEW_WARN_MS = 30_000;
const DISK_FAIL_BYTES = 100 * 2 ** 20;
const DISK_WARN_BYTES = 2 ** 30;
const NODE_MAJOR_MIN = 24;
const STORE_SLOW_MS = 250;

export function diagnosisHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    diagnose: async () => {
      const { surroundings } = deps;
      const checks = await Promise.all([
        store(deps),
        identity(surroundings),
        upstream(surroundings),
        rights(surroundings),
        disk(surroundings),
      ]);
      return { status: 200, body: { checks: [...checks.flat(), node(surroundings)] } };
    },
  };
}

async function store(deps: AdminDependencies): Promise<Check> {
  const began = deps.clock.monotonic();
  try {
    await deps.ledger.probe();
  } catch (error) {
    const advice = 'See the log of the gateway; check the disk and the rights of data_dir.';
    return fail('store', `it cannot be read and written: ${reasonOf(error)}`, advice);
  }
  const ms = Math.round(deps.clock.monotonic() - began);
  const detail = `a durable write and a read took ${ms} ms`;
  return ms <= STORE_SLOW_MS
    ? ok('store', detail)
    : warn('store', detail, 'Each call waits for two such writes. Use a faster disk.');
}

async function identity(surroundings: Surroundings): Promise<Check> {
  const found = await surroundings.identity();
  if (found.kind === 'found') {
    return ok('credentials', found.hint === null ? found.what : `${found.what} (${found.hint})`);
  }
  const advice =
    'Give the process AWS credentials: a role, a profile or variables; or a Bedrock API key with ' +
    'upstream_auth = bearer.';
  return fail('credentials', `none: ${found.reason}`, advice);
}

async function upstream(surroundings: Surroundings): Promise<Check[]> {
  const reached = await surroundings.reach();
  if (reached.kind === 'unreachable') {
    const advice =
      'Check upstream_url, region, and the network: DNS, proxy, VPC endpoint, firewall.';
    return [fail('upstream', `it does not answer: ${reached.reason}`, advice)];
  }
  return [ok('upstream', `it answers within ${reached.latencyMs} ms`), clockSkew(reached.skewMs)];
}

function clockSkew(skewMs: number | null): Check {
  if (skewMs === null) return warn('clock', 'the upstream told no time to compare with', null);
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  const detail =
    seconds <= 1 ? 'agrees with the upstream' : `${seconds} s ${skewMs > 0 ? 'behind' : 'ahead'}`;
  const advice = 'Set the clock by NTP: AWS refuses signatures that are five minutes off.';
  if (Math.abs(skewMs) > SKEW_FAIL_MS) return fail('clock', detail, advice);
  return Math.abs(skewMs) > SKEW_WARN_MS ? warn('clock', detail, advice) : ok('clock', detail);
}

async function rights(surroundings: Surroundings): Promise<Check[]> {
  return Promise.all(
    surroundings.permissions.map(async (permission) =>
      rightOf(permission, await surroundings.tryOut(permission)),
    ),
  );
}

function rightOf({ name, needed, purpose }: Permission, shown: Shown): Check {
  const check = `right ${name}`;
  const advice = `Allow ${name} to the gateway's identity: it is for ${purpose}.`;
  switch (shown.kind) {
    case 'proven':
      return ok(check, `allowed; for ${purpose}`);
    case 'refuted':
      return needed === 'always'
        ? fail(check, `denied: ${shown.reason}`, advice)
        : warn(check, `denied: ${shown.reason}`, `${advice} Ignore this if nobody needs it.`);
    case 'not_known':
      return warn(
        check,
        `could not be found out: ${shown.reason}`,
        `${advice} It may be so already.`,
      );
  }
}

async function disk(surroundings: Surroundings): Promise<Check> {
  try {
    const free = await surroundings.freeDiskBytes();
    const detail = `${(free / 2 ** 30).toFixed(1)} GiB free where data_dir is`;
    const advice = 'Make room: when the disk is full, calls are refused.';
    if (free < DISK_FAIL_BYTES) return fail('disk', detail, advice);
    return free < DISK_WARN_BYTES ? warn('disk', detail, advice) : ok('disk', detail);
  } catch (error) {
    return warn('disk', `cannot be read: ${reasonOf(error)}`, null);
  }
}

function node({ nodeVersion }: Surroundings): Check {
  const right = Number(nodeVersion.split('.')[0]) >= NODE_MAJOR_MIN;
  const detail = `the gateway runs on ${nodeVersion}`;
  return right ? ok('node', detail) : fail('node', detail, `Use Node ${NODE_MAJOR_MIN} or newer.`);
}

function ok(check: string, detail: string): Check {
  return { check, status: 'ok', detail, advice: null };
}

function warn(check: string, detail: string, advice: string | null): Check {
  return { check, status: 'warn', detail, advice };
}

function fail(check: string, detail: string, advice: string): Check {
  return { check, status: 'fail', detail, advice };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
