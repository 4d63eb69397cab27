/**
 * Where the gateway is and which key to send: from flags and the environment; what they leave open
 * comes from the demo of this directory, so that commands work beside `npm start` without any
 * setting.
 */
import { join } from 'node:path';
import type { ClientOptions, Fetch } from '@tollkeeper/contract';
import { UsageError } from './exit-code.ts';
import type { World } from './world.ts';

export interface ConnectionFlags {
  readonly endpoint?: string;
  readonly dataDir?: string;
}

const DATA_DIR_DEFAULT = '.tollkeeper';

/** There is no gateway where one was looked for, or it is no longer there. */
export class NoGateway extends Error {
  override readonly name = 'NoGateway';
}

/**
 * Options of a client. Throws a `UsageError` when nothing says where the gateway is; their `fetch`
 * rejects with `NoGateway` when it does not answer.
 */
export function connectionOf(flags: ConnectionFlags, world: World): ClientOptions {
  const { env, fetch } = world;
  const demo = readDemo(flags, world);
  const endpoint = flags.endpoint ?? filled(env['TOLLKEEPER_ENDPOINT']) ?? demo['endpoint'];
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw new UsageError(
      `--endpoint or TOLLKEEPER_ENDPOINT must begin with http:// or https://, unlike ${endpoint}`,
    );
  }
  if (endpoint === undefined) {
    throw new UsageError(
      'Where is the gateway? Give --endpoint or TOLLKEEPER_ENDPOINT, such as ' +
        'http://127.0.0.1:8080, or --data-dir of a demo that was started with one.',
    );
  }
  const stated = {
    provisioningKey: filled(env['TOLLKEEPER_PROVISIONING_KEY']),
    apiKey: filled(env['TOLLKEEPER_API_KEY']),
    accessToken: filled(env['TOLLKEEPER_ACCESS_TOKEN']),
  };
  const nothing = Object.values(stated).every((each) => each === undefined);
  // The demo's keys are for the demo alone: they are never sent to another endpoint.
  const ofDemo = nothing && endpoint === demo['endpoint'];
  const provisioningKey = ofDemo ? demo['provisioning_key'] : stated.provisioningKey;
  return {
    endpoint,
    fetch: answering(fetch, endpoint),
    ...(provisioningKey === undefined ? {} : { provisioningKey }),
    ...(stated.apiKey === undefined ? {} : { apiKey: stated.apiKey }),
    ...(stated.accessToken === undefined ? {} : { accessToken: stated.accessToken }),
  };
}

/** `fetch` says of a gateway that is not there only that it failed. */
function answering(fetch: Fetch, endpoint: string): Fetch {
  const told = <T>(waiting: Promise<T>): Promise<T> =>
    waiting.catch((error: unknown) => {
      if (!(error instanceof TypeError) || error.cause === undefined) throw error;
      throw new NoGateway(`The gateway at ${endpoint} does not answer`, { cause: error.cause });
    });
  return async (url, init) => {
    const response = await told(fetch(url, init));
    const { status, ok, headers, body = null } = response;
    return { status, ok, headers, body, text: () => told(response.text()) };
  };
}

/** What the demo calls its own, such as `org_id`; nothing when another gateway is asked. */
export function ofDemo(flags: ConnectionFlags, world: World): Readonly<Record<string, string>> {
  const demo = readDemo(flags, world);
  return connectionOf(flags, world).endpoint === demo['endpoint'] ? demo : {};
}

function readDemo(flags: ConnectionFlags, world: World): Readonly<Record<string, string>> {
  const dir = flags.dataDir ?? filled(world.env['TOLLKEEPER_DATA_DIR']) ?? DATA_DIR_DEFAULT;
  try {
    const demo: unknown = JSON.parse(world.readFile(join(dir, 'demo.json')));
    if (typeof demo !== 'object' || demo === null) return {};
    const texts = Object.entries(demo).filter((entry): entry is [string, string] => {
      return typeof entry[1] === 'string';
    });
    return Object.fromEntries(texts);
  } catch {
    return {};
  }
}

/** An empty variable counts as not set, as in a shell. */
function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
