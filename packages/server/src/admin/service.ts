/** What the service says of itself: what it is, whether it works, and its contract. */
import {
  openApi,
  OPERATION_NAMES,
  operation,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import type { Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['service'];
type Database = ApiResult<'health'>['database'];

const SERVICE = 'tollkeeper';
const DESCRIPTION =
  'Meters, charges and limits Amazon Bedrock: a gateway, a ledger and a cost keeper.';

/** A store that has not answered after this long is not well. */
const PROBE_MS_MAX = 3_000;

export function serviceHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  const document: ApiResult<'openApi'> = Object.fromEntries(Object.entries(openApi()));
  const probe = sharedProbe(deps);
  return {
    about: () => ({
      status: 200,
      body: {
        service: SERVICE,
        version: deps.version,
        description: DESCRIPTION,
        documentation: '/openapi.json',
        endpoints: Object.fromEntries(
          OPERATION_NAMES.map((name) => {
            const { method, path } = operation(name);
            return [name, `${method} ${path}`];
          }),
        ),
      },
    }),
    health: async () => {
      const database = await probe();
      const { status } = database;
      return {
        status: status === 'healthy' ? 200 : 503,
        body: {
          status,
          service: SERVICE,
          version: deps.version,
          timestamp: toApiTime(deps.clock.now()),
          database,
        },
      };
    },
    openApi: () => ({ status: 200, body: document }),
  };
}

/** A probe is a durable write: whoever asks while one is running shares its answer. */
function sharedProbe(deps: AdminDependencies): () => Promise<Database> {
  let running: Promise<Database> | undefined;
  return () => {
    running ??= probeOnce(deps).finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function probeOnce(deps: AdminDependencies): Promise<Database> {
  const started = deps.clock.monotonic();
  const late = Promise.withResolvers<Database>();
  const timer = deps.clock.after(PROBE_MS_MAX, () =>
    late.resolve({ status: 'unhealthy', error: 'The store did not answer in time.' }),
  );
  const answer = deps.ledger.probe().then(
    (): Database => ({
      status: 'healthy',
      latency_ms: Math.round((deps.clock.monotonic() - started) * 1000) / 1000,
    }),
    (error: unknown): Database => {
      deps.log('error', 'the store failed its probe', { err: error });
      return { status: 'unhealthy', error: 'The store cannot be read and written.' };
    },
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    timer.cancel();
  }
}
