/** The ports that a server listens on, and what answers there. A part of the composition root. */
import type { buildAdminApp } from './admin/app.ts';
import { clientLane } from './admin/client-lane.ts';
import type { AdminDependencies } from './admin/dependencies.ts';
import type { Settings } from './config/settings.ts';
import type { DemoSide } from './demo-side.ts';
import type { Gateway } from './gateway/gateway.ts';
import { frontDoor, type ServeManagement } from './http/front-door.ts';
import { httpDates } from './http/http-date.ts';
import { listen, type Listener, type TlsFiles } from './http/listener.ts';
import { METRICS_PATH, metricsEndpoint, openMetricsEndpoint } from './http/metrics-endpoint.ts';

export interface Serving {
  readonly gateway: Gateway;
  readonly management: AdminDependencies;
  readonly admin: ReturnType<typeof buildAdminApp>;
  readonly demoOwn: DemoSide | undefined;
  readonly metricsText: () => Promise<string>;
  readonly tls: TlsFiles | undefined;
}

/** The port of calls and of the management API. */
export function listenForCalls(settings: Settings, serving: Serving): Promise<Listener> {
  const { gateway, management, admin, demoOwn, metricsText, tls } = serving;
  const serveMetrics = metricsEndpoint(gateway.authority, metricsText);
  const serveManagement: ServeManagement = (request, response) => {
    if (demoOwn?.serve(request, response) === true) return;
    if (request.url === METRICS_PATH) serveMetrics(request, response);
    else admin.routing(request as never, response as never);
  };
  const { buffered } = gateway;
  const { bodyTimeoutMs, stagePrefixes, corsOrigins } = settings;
  const servePlain = clientLane({ deps: management, app: admin, buffered, bodyTimeoutMs });
  const door = frontDoor(gateway, serveManagement, servePlain, stagePrefixes, corsOrigins);
  return listen(
    { host: settings.host, port: settings.port },
    listenerLimits(settings),
    door.handle,
    { handle: door.handlePlain, date: httpDates(gateway.clock) },
    tls,
  );
}

/** The port of metrics, if there is to be one. */
export async function listenForMetrics(
  settings: Settings,
  { metricsText, tls }: Pick<Serving, 'metricsText' | 'tls'>,
): Promise<Listener | undefined> {
  if (settings.metricsPort === null) return undefined;
  const at = { host: settings.host, port: settings.metricsPort };
  return listen(at, listenerLimits(settings), openMetricsEndpoint(metricsText), undefined, tls);
}

/** Where the calls go. */
export function endpointOf({ host, tlsCertFile }: Settings, { port }: Listener): string {
  const scheme = tlsCertFile === null ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function listenerLimits(settings: Settings): Parameters<typeof listen>[1] {
  const { connectionsMax, headerBytesMax, headersTimeoutMs, bodyTimeoutMs, streamsMax } = settings;
  return { connectionsMax, headerBytesMax, headersTimeoutMs, bodyTimeoutMs, streamsMax };
}
