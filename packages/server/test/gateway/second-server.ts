/** A further server on the data directory of a running product, as another process would be. */
import { loadSettings, startServer, type RunningServer } from '@tollkeeper/server';
import { DEFAULT_CREDENTIALS } from '@tollkeeper/simulator';
import type { RunningProduct } from '@tollkeeper/testkit';

export interface SecondServer {
  /** `real`: not a demo, with a Bedrock API key for the upstream. */
  readonly kind: 'demo' | 'real';
  readonly upstreamUrl: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Sets the wall clock of a demo. */
  readonly clockFile?: string;
}

/** The Bedrock API key that a `real` one sends. */
export const UPSTREAM_TOKEN = 'an-upstream-bedrock-api-key';

/** Starts it on a free port. Keys, budgets and grants are those of the product. */
export function startSecond(
  product: Pick<RunningProduct, 'dataDir'>,
  { kind, upstreamUrl, settings = {}, clockFile }: SecondServer,
): Promise<RunningServer> {
  const loaded = loadSettings({
    demo: kind === 'demo',
    env: kind === 'demo' ? {} : REAL_SECRETS,
    flags: {
      port: 0,
      dataDir: product.dataDir,
      logLevel: 'silent',
      upstreamUrl,
      ...(kind === 'demo' ? {} : { upstreamAuth: 'bearer' }),
      ...settings,
    },
  });
  if (loaded.kind !== 'ok') throw new Error(loaded.problems.map(({ message }) => message).join());
  return startServer(loaded.settings, {
    version: 'test',
    onFatal: (error) => {
      throw error;
    },
    ...(kind === 'demo'
      ? {
          demo: {
            credentials: DEFAULT_CREDENTIALS,
            ...(clockFile === undefined ? {} : { clockFile }),
          },
        }
      : {}),
  });
}

const REAL_SECRETS = {
  TOLLKEEPER_UPSTREAM_BEARER_TOKEN: UPSTREAM_TOKEN,
};
